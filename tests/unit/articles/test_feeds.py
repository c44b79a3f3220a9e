"""Feeds of every kind give their articles, and what is wrong with them is said."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.articles.article import Article
from newsletter.articles.entries import MAX_ENTRIES, Origin, articles_of
from newsletter.articles.feeds import FeedDocument, parse_feed
from newsletter.articles.tags import make_vocabulary
from newsletter.errors import SourceError
from tests.effort import at_most

FEEDS = Path(__file__).parents[2] / "data" / "articles" / "feeds"
NOW = datetime(2026, 5, 13, 7, 0, tzinfo=UTC)
ORIGIN = Origin(
    source="Feed",
    location="https://feeds.example.org/all.xml",
    vocabulary=make_vocabulary([], {}),
    now=NOW,
)


def parsed(body: bytes | str, content_type: str = "application/xml") -> FeedDocument:
    """The feed in `body`."""
    content = body.encode() if isinstance(body, str) else body
    return parse_feed(content, content_type=content_type, url=ORIGIN.location, origin=ORIGIN)


def articles_in(body: bytes | str) -> tuple[Article, ...]:
    """The articles in `body`."""
    return articles_of(parsed(body).entries, ORIGIN)[0]


def rss(items: str) -> str:
    """An RSS feed around the items."""
    return f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>"


def summary_of(article: Article) -> dict[str, object]:
    """What the expected files state of an article."""
    return {
        "title": article.title,
        "url": article.url,
        "summary": article.summary,
        "body_text": article.body_text,
        "tags": [tag.slug for tag in article.tags],
        "author": article.author,
        "agency": article.agency,
        "image": {name: getattr(article.image, name) for name in ("url", "alt", "width", "height")}
        if article.image
        else None,
        "published": article.published.isoformat() if article.dated else None,
    }


@pytest.mark.parametrize(
    "name", ["rss-0.91.xml", "rss-1.0.rdf", "rss-2.0.xml", "atom.xml", "feed-1.1.json.txt"]
)
def test_a_feed_gives_its_articles(name: str) -> None:
    """Titles, addresses, texts, tags, by-lines, pictures and dates come out as the file beside says."""
    path = FEEDS / name
    document = parsed(path.read_bytes())
    articles, _ = articles_of(document.entries, ORIGIN)
    expected = json.loads(
        (FEEDS / f"{name.rpartition('.')[0].removesuffix('.json')}.json").read_text(
            encoding="utf-8"
        )
    )
    assert document.title == expected["name"]
    assert [summary_of(article) for article in articles] == expected["articles"]


def test_no_article_carries_what_could_run() -> None:
    """Scripts, handlers and javascript: links of a feed are not in the body."""
    body = articles_in((FEEDS / "rss-2.0.xml").read_bytes())[0].body_html
    assert body == "<div><p>They charge overnight.</p><p>The pier is <a>old</a>.</p></div>"


def test_a_body_that_names_a_file_is_not_opened(tmp_path: Path) -> None:
    """feedparser takes bytes for the name of a file first; a feed's body must never be one."""
    secret = tmp_path / "secret.xml"
    secret.write_text(rss("<item><title>Secret</title></item>"), encoding="utf-8")
    with pytest.raises(SourceError, match="is not a feed"):
        parsed(os.fsencode(secret))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "empty page"),
        (" \r\n\t ", "empty page"),
        ("Hello", "is not a feed"),
        ("<html><body>Hi</body></html>", "web page"),
        ("<!doctype HTML><title>Hi</title>", "web page"),
        ('{"error": 1}', "not a JSON Feed"),
        ('{"version": "https://jsonfeed.org/version/1"}', "not a JSON Feed"),
        ("{broken", "not valid JSON"),
        ('{"a":' * 100_000, "not valid JSON"),
        ("<rss><channel><item " + "a='1' " * 5_000 + "/></channel></rss>", "20,000 bytes"),
    ],
)
def test_what_is_no_feed_is_refused(body: str, message: str) -> None:
    """Each kind of wrong answer is told apart."""
    with pytest.raises(SourceError, match=message):
        parsed(body)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-16-le", "utf-32"])
@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE r [<!ENTITY a "b">]>',
        '<!-- <r> --><!DOCTYPE r SYSTEM "x[>" [<!ENTITY a "b">]>',
        '<!DOCTYPE r [<!-- "]> --><!ENTITY % x SYSTEM "file:///etc/passwd"> %x; <!ENTITY a "b">]>',
        '<!DOCTYPE r [<!ENTITY a "b">',
    ],
)
def test_declared_entities_are_never_expanded(doctype: str, encoding: str) -> None:
    """Such a feed is read, but what it declares stays as it is written, and a finding says so."""
    text = doctype + rss("<item><title>R&a;D&eacute;</title></item>")
    document = parsed(text.encode(encoding))
    assert [entry.title for entry in document.entries] == ["R&a;Dé"]
    assert any("XML entities" in finding.message for finding in document.findings)


def test_an_error_page_names_the_feed_it_knows() -> None:
    """A page given for a feed says which feed to use instead."""
    page = '<html><link rel="alternate" type="application/rss+xml" href="/rss.xml"></html>'
    with pytest.raises(
        SourceError, match=r"use the feed that the page names: https://feeds\.example"
    ):
        parsed(page)


def test_an_article_about_entities_is_no_attack() -> None:
    """What stands inside an entry is text."""
    feed = rss(
        "<item><title>XML</title><description><![CDATA[<!ENTITY a 'b'>]]></description></item>"
    )
    assert len(articles_in(feed)) == 1


@pytest.mark.parametrize(
    "reference", ["&#99999999;", "&#xD800;", "&#0;", "&#xFFFFFFFFFFFF;", "&#x1F;"]
)
def test_an_impossible_character_costs_no_feed(reference: str) -> None:
    """References to characters that do not exist are replaced, not fatal."""
    (article,) = articles_in(rss(f"<item><title>A{reference}B</title></item>"))
    assert article.title == "A\ufffdB"


def test_a_feed_cut_off_in_the_middle_keeps_what_it_has() -> None:
    """Not well-formed is a warning; what can be read is read."""
    document = parsed("<rss version='2.0'><channel><item><title>One</title></item><item><title>Tw")
    assert document.entries[0].title == "One"
    assert [finding.severity for finding in document.findings] == ["warning"]
    assert "not well-formed XML" in document.findings[0].message


def test_a_feed_without_entries_is_a_notice() -> None:
    """An empty feed is nobody's fault, but worth knowing."""
    assert [finding.severity for finding in parsed(rss("")).findings] == ["notice"]


def test_a_guid_that_is_no_address_is_no_link() -> None:
    """isPermaLink is true by default, even where the guid is a number."""
    (article,) = articles_in(rss("<item><title>One</title><guid>4711</guid></item>"))
    assert article.url == ""
    assert article.key.startswith("sha256:")


def test_entries_without_link_and_id_keep_their_key() -> None:
    """What has neither is known again by what it says."""
    feed = rss("<item><title>One</title></item><item><title>Two</title></item>")
    first = [article.key for article in articles_in(feed)]
    assert len(set(first)) == 2
    assert [article.key for article in articles_in(feed)] == first


def test_one_link_for_many_entries_loses_none() -> None:
    """Feeds whose entries all link to the front page keep their entries apart."""
    item = "<item><title>{}</title><link>https://example.org/</link></item>"
    articles = articles_in(rss(item.format("One") + item.format("Two") + item.format("One")))
    assert [article.title for article in articles] == ["One", "Two"]
    assert len({article.key for article in articles}) == 2


def test_entries_beyond_the_limit_are_counted() -> None:
    """A feed of thousands is cut, and the finding says to how many."""
    feed = rss("".join(f"<item><title>Story {n}</title></item>" for n in range(MAX_ENTRIES + 7)))
    articles, findings = articles_of(parsed(feed).entries, ORIGIN)
    assert len(articles) == MAX_ENTRIES
    assert (
        findings[0].message
        == f"{MAX_ENTRIES + 7} entries, of which the newest {MAX_ENTRIES} are read"
    )


@pytest.mark.parametrize(
    "body",
    [
        b"\n" * 1_000_000 + b"<rss><channel/></rss>",
        b"<!DOCTYPE rss" + b"\n" * 1_000_000 + b"><rss><channel/></rss>",
        b"<!DOCTYPE rss>" + b"\n" * 1_000_000 + b"<rss><channel/></rss>",
        b"<?xml " + b"encoding='x' " * 80_000,
        b"<!--" * 200_000 + b"<rss/>",
    ],
    ids=["before the root", "in the doctype", "after the doctype", "declaration", "comments"],
)
def test_long_prologs_take_no_quadratic_time(body: bytes) -> None:
    """feedparser's patterns look at every line end of white space anew; they never see much of it."""
    with at_most(300), suppress(SourceError):
        parsed(body)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.binary(max_size=200)
    | st.tuples(st.integers(0, 900), st.integers(0, 900), st.binary(max_size=8)).map(
        lambda cut: (
            (FEEDS / "rss-2.0.xml").read_bytes()[: cut[0]]
            + cut[2]
            + (FEEDS / "rss-2.0.xml").read_bytes()[cut[1] :]
        )
    )
)
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """Damaged feeds give articles or a SourceError, never another error."""
    try:
        articles = articles_in(body)
    except SourceError:
        return
    assert all(article.title and article.published.tzinfo for article in articles)


@pytest.mark.parametrize(
    ("letters", "said"),
    [
        (b"caf\xe9", "1 character is not encoded"),
        (b"caf\xe9 \xe9t\xe9", "3 characters are not encoded"),
    ],
)
def test_letters_of_another_encoding_are_counted(letters: bytes, said: str) -> None:
    """A feed in UTF-8 with a few letters of another encoding says how many, one in the singular."""
    text = "Überall Grüße für ältere Bücher über Öl ".encode() * 5
    item = b"<item><title>One</title><link>https://a.example/1</link><description>%s%s</description></item>"
    start = b"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>A</title>"
    body = start + item % (text, letters) + b"</channel></rss>"
    found = parse_feed(body, content_type="", url=ORIGIN.location, origin=ORIGIN).findings
    assert any(said in finding.message for finding in found)
