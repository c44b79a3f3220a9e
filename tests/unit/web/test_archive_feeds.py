from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html

from newsletter.articles.article import Tag
from newsletter.store.archive import ArchivedStory
from newsletter.web.archive.feeds import FeedEntry, IssueFeed, atom, json_feed, rss
from tests.sampling import sampled

MOMENT = datetime(2026, 3, 2, 7, tzinfo=UTC)
hostile = st.text(
    alphabet=st.one_of(st.sampled_from("<>&\"']\x00\x0b\ud800\ufffe{}%"), st.characters())
)


def make_feed(words: str, url: str = "https://press.example.org/1") -> IssueFeed:
    """A feed of one issue, every text of which is `words`."""
    story = ArchivedStory(
        key="1", title=words, url=url, summary=words, tags=(Tag(slug="x", label=words),)
    )
    entry = FeedEntry(
        url="https://news.example.org/archive/weekly/1",
        title=words,
        summary=words,
        published=MOMENT,
        updated=MOMENT,
        stories=(story,),
    )
    return IssueFeed(
        title=words,
        description=words,
        home="https://news.example.org/archive/weekly",
        address="https://news.example.org/archive/weekly/feed",
        language="en",
        author=words,
        updated=MOMENT,
        entries=(entry,),
    )


@settings(max_examples=sampled(whole=150, sample=50), deadline=None)
@given(hostile)
def test_any_words_make_a_well_formed_feed(words: str) -> None:
    """Strangers' characters, those that XML cannot hold among them, never break a feed."""
    for write in (rss, atom):
        root = etree.fromstring(write(make_feed(words)))
        assert root.xpath("//*[local-name()='script']") == []
    assert json.loads(json_feed(make_feed(words)))["items"][0]["url"].endswith("/1")


@pytest.mark.parametrize("write", [rss, atom])
def test_content_is_our_own_markup(write: Callable[[IssueFeed], bytes]) -> None:
    """A title that looks like a script is text in the content a reader shows."""
    feed = feedparser.parse(write(make_feed("<script>alert(1)</script>")))
    content = html.fromstring(feed.entries[0].content[0].value)
    assert content.cssselect("script") == []
    assert "<script>alert(1)</script>" in content.text_content()


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", ""])
def test_only_web_addresses_are_links(url: str) -> None:
    """A story without a web address is named and not linked."""
    assert "href" not in make_feed("A story", url).entries[0].html


@pytest.mark.parametrize("url", ["https://press.example.org/\ufffe", "https://a.test/\x00\ud800"])
@pytest.mark.parametrize("write", [rss, atom])
def test_an_address_that_xml_cannot_hold_breaks_no_feed(
    write: Callable[[IssueFeed], bytes], url: str
) -> None:
    """Only that entry's link does not work."""
    feed = make_feed("words")
    etree.fromstring(write(replace(feed, entries=[replace(feed.entries[0], url=url)])))
