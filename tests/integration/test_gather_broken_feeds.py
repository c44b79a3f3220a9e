"""Twelve broken feeds: each a clear finding, in bounded time and memory, beside a good one."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from newsletter.articles.read_sources import read_sources
from newsletter.articles.reading import Reading
from newsletter.articles.tags import make_vocabulary
from newsletter.config.settings import FetchSettings, SourceSettings
from tests.servers.feeds import FeedServer

NOW = datetime(2026, 5, 4, 7, 0, tzinfo=UTC)
TIMEOUT = 1.5
MAX_BYTES = 2_000_000


def rss(items: str, *, encoding: str = "utf-8") -> str:
    """An RSS 2.0 feed around the items."""
    return (
        f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel>'
        f"<title>Example News</title><link>https://example.org/</link>{items}</channel></rss>"
    )


def item(
    title: str = "Bridge reopens",
    link: str = "https://example.org/bridge",
    *,
    date: str = "Mon, 04 May 2026 06:00:00 GMT",
    guid: str = "",
) -> str:
    """One entry."""
    return (
        f"<item><title>{title}</title><link>{link}</link>"
        + (f"<pubDate>{date}</pubDate>" if date else "")
        + (f'<guid isPermaLink="false">{guid}</guid>' if guid else "")
        + "<description>The bridge is open again.</description></item>"
    )


GOOD = rss(item() + item("Ferry stops", "https://example.org/ferry"))
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1 or str()};" * 10}">' for n in range(1, 12))
    + "]>"
    + rss(item("&a11;")).partition("?>")[2]
)


def drip(server: FeedServer) -> Callable[[BaseHTTPRequestHandler], None]:
    """A feed that comes one byte at a time, for ever."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while not server.closing.wait(0.02):
            request.wfile.write(b"<")

    return answer


def flood(request: BaseHTTPRequestHandler) -> None:
    """30 MB of well-formed feed, without a length told beforehand."""
    request.send_response(200)
    request.send_header("Content-Type", "application/rss+xml")
    request.end_headers()
    chunk = item().encode() * 400
    for _ in range(30_000_000 // len(chunk) + 1):
        request.wfile.write(chunk)


@cache
def bomb() -> bytes:
    """100 MB of nothing in 100 kB."""
    return gzip.compress(bytes(100_000_000))


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """A server with a good feed and twelve broken ones."""
    with FeedServer() as running:
        put = running.put
        put("/good", GOOD)
        put("/not-xml", "Service temporarily confused")
        put("/encoding", rss(item("Caf\xe9 opens")).encode("latin-1"), "application/rss+xml")
        put("/no-dates", rss(item(date="") + item("Ferry", "https://example.org/f", date="soon")))
        put("/future", rss(item(date="Tue, 04 May 2027 06:00:00 GMT")))
        put("/relative", rss(item(link="/news/bridge?a=1&amp;b=2")))
        put(
            "/guids",
            rss(
                item("Bridge", "https://example.org/1", guid="7")
                + item("Ferry", "https://example.org/2", guid="7")
                + item("Ferry", "https://example.org/2", guid="7")
            ),
        )
        running.on("/30mb", flood)
        put("/laughs", LAUGHS)
        put("/error-page", "<!DOCTYPE html><html><body><h1>Sorry</h1></body></html>", "text/html")
        put("/bomb", bomb(), headers={"Content-Encoding": "gzip"})
        running.redirect("/endless", "/endless")
        running.on("/drip", drip(running))
        yield running


async def readings_of(server: FeedServer, *paths: str) -> dict[str, Reading]:
    """What is read from these paths of the server, all at once."""
    readings = await read_sources(
        [SourceSettings(feed=server.url(path)) for path in paths],
        settings=FetchSettings(
            allow_private=("127.0.0.1",), timeout=timedelta(seconds=TIMEOUT), max_bytes=MAX_BYTES
        ),
        vocabulary=make_vocabulary([], {}),
        memories={},
        folder=Path(),
        now=NOW,
    )
    return dict(zip(paths, readings, strict=True))


FAILURES = {
    "/not-xml": "it is not a feed: neither RSS, RDF, Atom nor JSON Feed",
    "/30mb": "it is larger than 2 MB",
    "/laughs": "it declares XML entities made of others, which are never expanded",
    "/error-page": "it answers with a web page where a feed was expected",
    "/bomb": "it is larger than 2 MB",
    "/endless": "it redirects more than 5 times, the last time to http://127.0.0.1:{port}/endless",
    "/drip": "it did not answer in full within 1.5 seconds",
}
WARNINGS = {
    "/encoding": "says it is encoded as utf-8, but is not; read as cp1252",
    "/no-dates": (
        "2 of 2 entries without a date that can be read; they count as published when first seen"
    ),
    "/future": (
        "1 entry dated in the future, such as 'Bridge reopens' (2027-05-04);"
        " no issue takes them before that date"
    ),
    "/guids": ("2 different entries share an id (guid); each is taken as its own article"),
}


async def test_the_rest_of_the_gathering_succeeds(server: FeedServer) -> None:
    """All at once: each broken feed has its finding, the good one its articles, all within limits."""
    tracemalloc.start()
    paths = ("/good", *FAILURES, *WARNINGS, "/relative")
    async with asyncio.timeout(120):  # some of them never end by themselves
        readings = await readings_of(server, *paths)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [article.title for article in readings["/good"].articles] == [
        "Bridge reopens",
        "Ferry stops",
    ]
    assert readings["/good"].findings == ()
    for path in FAILURES:
        (finding,) = readings[path].findings
        assert (finding.severity, finding.message) == (
            "failure",
            FAILURES[path].format(port=server.port),
        )
        assert finding.fix
        assert readings[path].articles == ()
    # The server of this test, and its 30 MB, live in the same process: the limit is a generous one.
    assert peak < 60_000_000


@pytest.mark.parametrize("path", WARNINGS)
async def test_a_feed_that_can_be_read_is_read_with_a_warning(
    server: FeedServer, path: str
) -> None:
    """Wrong encodings, missing and future dates and repeated ids cost no article."""
    reading = (await readings_of(server, path))[path]
    warnings = [finding.message for finding in reading.findings if finding.severity == "warning"]
    assert warnings == [WARNINGS[path]]
    assert reading.articles


async def test_a_wrong_encoding_keeps_its_letters(server: FeedServer) -> None:
    """Latin-1 bytes that call themselves UTF-8 are read as what they are."""
    reading = (await readings_of(server, "/encoding"))["/encoding"]
    assert reading.articles[0].title == "Café opens"


async def test_missing_dates_count_from_now_and_future_ones_stay(server: FeedServer) -> None:
    """An undated article is published when first seen; a future one at its date."""
    readings = await readings_of(server, "/no-dates", "/future")
    assert {(a.published, a.dated) for a in readings["/no-dates"].articles} == {(NOW, False)}
    assert readings["/future"].articles[0].published == datetime(2027, 5, 4, 6, tzinfo=UTC)


async def test_relative_links_lead_to_the_feed_s_site(server: FeedServer) -> None:
    """A link without a host is completed with the feed's own."""
    reading = (await readings_of(server, "/relative"))["/relative"]
    assert reading.articles[0].url == server.url("/news/bridge?a=1&b=2")


async def test_entries_that_share_an_id_stay_apart(server: FeedServer) -> None:
    """Different stories under one guid are two articles; the same one twice is one."""
    reading = (await readings_of(server, "/guids"))["/guids"]
    assert [article.title for article in reading.articles] == ["Bridge", "Ferry"]
    assert len({article.key for article in reading.articles}) == 2


async def test_a_feed_that_parsers_choke_on_is_given_up_in_time(server: FeedServer) -> None:
    """A megabyte of opened elements takes feedparser minutes; it gets the source's time, no more."""
    server.put("/nested", "<rss version='2.0'><channel>" + "<a>" * 400_000)
    async with asyncio.timeout(120):  # feedparser alone would take minutes more
        readings = await readings_of(server, "/nested", "/good")
    assert [finding.message for finding in readings["/nested"].findings] == [
        "it takes longer than 1.5 seconds to read"
    ]
    assert len(readings["/good"].articles) == 2
