"""Reading twice as much takes about twice as long, whatever the text repeats."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.articles.entries import Origin, articles_of
from newsletter.articles.feeds import parse_feed
from newsletter.articles.pages import parse_page
from newsletter.articles.sanitize import safe_html
from newsletter.articles.tags import make_vocabulary
from newsletter.articles.text_dump import parse_dump
from newsletter.errors import SourceError
from tests.effort import assert_no_worse_than_doubled
from tests.sampling import sampled

NOW = datetime(2026, 3, 8, 12, tzinfo=UTC)
VOCABULARY = make_vocabulary([], {})
ORIGIN = Origin(source="Feed", location="https://example.org/feed", vocabulary=VOCABULARY, now=NOW)
REPEATED = (
    *("<li>", "<p", "<a href=x>x", "&", "[", "(", '"', "'", "<b>x", "<i class='", "<![CDATA["),
    *("<!--", "<table><td>", "<x a='/'/>", "<img src=a>", "<iframe ", "By A B, ", "a|b\n"),
)


def feed_of(body: str) -> bytes:
    """A feed with one entry, whose text is `body`."""
    text = body.replace("]]>", "]] >")
    return (
        "<rss version='2.0'><channel><title>Feed</title><item><title>T</title>"
        f"<link>https://example.org/1</link><description><![CDATA[{text}]]></description></item></channel></rss>"
    ).encode()


def read_feed(body: str) -> object:
    """The articles of a feed with such a text."""
    feed = parse_feed(feed_of(body), content_type="", url=ORIGIN.location, origin=ORIGIN)
    return articles_of(feed.entries, ORIGIN)


def read_broken_feed(body: str) -> object:
    """A feed that is such a text and little else."""
    with suppress(SourceError):
        return parse_feed(
            f"<rss><channel><item><title>{body}".encode(),
            content_type="",
            url=ORIGIN.location,
            origin=ORIGIN,
        )
    return None


def read_page(body: str) -> object:
    """The article of a page with such a text."""
    with suppress(SourceError):
        return parse_page(
            f"<title>T</title><article><p>{'A sentence of a page. ' * 5}</p>{body}".encode(),
            content_type="text/html",
            url="https://example.org/1",
            now=NOW,
        )
    return None


def read_dump(body: str) -> object:
    """The article of a text dump."""
    return parse_dump(f"A title\n\n{body}", vocabulary=VOCABULARY)


LENGTHS = {read_page: 20_000, read_feed: 40_000, read_broken_feed: 40_000}
"""In characters; what a page repeats is read several times."""


@pytest.mark.parametrize("piece", REPEATED)
@pytest.mark.parametrize("read", [safe_html, read_feed, read_broken_feed, read_page, read_dump])
def test_time_grows_with_the_length(read: Callable[[str], object], piece: str) -> None:
    """No repeated piece of markup or text makes a reader slow."""
    count = LENGTHS.get(read, 80_000) // len(piece)
    assert_no_worse_than_doubled(read, piece * count, piece * 2 * count)


@pytest.mark.parametrize("read", [safe_html, read_feed, read_broken_feed, read_page, read_dump])
@settings(max_examples=sampled(whole=40, sample=20), deadline=None)
@given(pieces=st.lists(st.one_of(st.sampled_from(REPEATED), st.text(max_size=12)), max_size=30))
def test_every_text_is_read_or_refused(read: Callable[[str], object], pieces: list[str]) -> None:
    """No text makes a reader fail with anything but a message about the source."""
    read("".join(pieces))
