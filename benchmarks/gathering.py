"""Measures gathering: feeds of different numbers and sizes, read first and then unchanged."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

from benchmarks.programs import BenchmarkError
from benchmarks.stories import make_article, make_feed
from newsletter.articles.read_sources import read_sources
from newsletter.articles.reading import Reading
from newsletter.articles.tags import make_vocabulary
from newsletter.config.settings import FetchSettings, SourceSettings

_NOW = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
_VOCABULARY = make_vocabulary(["engineering"], {})
_SETTINGS = FetchSettings(allow_private=("127.0.0.1",))


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathering:
    """The times for `feeds` feeds of `items` items each; `octets` is the size of one feed.

    `seconds` is for the first reading, `unchanged_seconds` for a second one without changes.
    """

    feeds: int
    items: int
    octets: int
    seconds: float
    unchanged_seconds: float


def gather_feeds(feeds: Sequence[int], items: Sequence[int], *, repeats: int) -> list[Gathering]:
    """Read every combination from a web server on loopback; returns medians of `repeats`.

    Raises BenchmarkError when an article is missing.
    """
    _measure(1, 2, 1)  # fills the caches of the process
    return [
        _measure(feed_count, item_count, repeats) for feed_count in feeds for item_count in items
    ]


def _measure(feeds: int, items: int, repeats: int) -> Gathering:
    pages = {
        f"/{number}.xml": make_feed(
            f"Feed {number}",
            (
                make_article(number * items + offset, _NOW - timedelta(minutes=offset))
                for offset in range(items)
            ),
        )
        for number in range(feeds)
    }
    with serving(pages) as address:
        sources = [SourceSettings(feed=f"{address}{path}") for path in pages]
        times = [_read_twice(sources, feeds * items) for _ in range(repeats)]
    return Gathering(
        feeds=feeds,
        items=items,
        octets=len(pages["/0.xml"]),
        seconds=median(first for first, _ in times),
        unchanged_seconds=median(second for _, second in times),
    )


def _read_twice(sources: Sequence[SourceSettings], expected: int) -> tuple[float, float]:
    """The seconds of a first reading, and of a second one of unchanged feeds."""
    first, readings = _read(sources, [])
    found = sum(len(reading.articles) for reading in readings)
    if found != expected:
        raise BenchmarkError(f"{expected} items gave {found} articles")
    second, again = _read(sources, readings)
    if not all(reading.unchanged for reading in again):
        raise BenchmarkError("unchanged feeds were read again")
    return first, second


def _read(
    sources: Sequence[SourceSettings], before: Sequence[Reading]
) -> tuple[float, Sequence[Reading]]:
    memories = {
        source.location: reading.memory
        for source, reading in zip(sources, before, strict=False)
        if reading.memory is not None
    }
    started = time.perf_counter()
    readings = asyncio.run(
        read_sources(
            sources,
            settings=_SETTINGS,
            vocabulary=_VOCABULARY,
            memories=memories,
            folder=Path(),
            now=_NOW,
        )
    )
    return time.perf_counter() - started, readings


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # with a shorter queue clients wait a second for a retry


@contextmanager
def serving(pages: Mapping[str, bytes]) -> Iterator[str]:
    """A web server on loopback with these pages; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages[self.path]
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *values: object) -> None:
            """Log nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
