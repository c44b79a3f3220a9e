"""Gathering between issues: each source at its own pace, politely."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from newsletter.articles.reading import Reading
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather, gather_due
from newsletter.site.site import Site
from tests.factories.story_feeds import DAY, NOW, close_sites, feed, item, site_of
from tests.servers.feeds import FeedServer

HOUR = timedelta(hours=1)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """A web server on loopback."""
    with FeedServer() as running:
        yield running
    close_sites()


def due(site: Site, now: datetime) -> dict[str, Reading]:
    """What a gathering of what is due has read from the web, by address."""
    readings = gather_due(site, "weekly", now=now)
    return {r.location: r for r in readings if r.location.startswith("http")}


def window_of(*numbers: int) -> str:
    """A feed that shows these of a week's entries, the newest first."""
    return feed(
        *(
            item(f"Entry {number} of the week", guid=str(number), days=-7 + number / 2)
            for number in numbers
        )
    )


def test_a_feed_of_the_last_five_loses_nothing(tmp_path: Path, server: FeedServer) -> None:
    """Fourteen entries in a week, five of them shown at a time: fourteen are in the draft."""
    url = server.put("/rss", window_of(1))
    site = site_of(tmp_path, f'feed = "{url}"')
    for half_day in range(1, 15):
        server.put("/rss", window_of(*range(half_day, max(0, half_day - 5), -1)))
        gather_due(site, "weekly", now=NOW - 7 * DAY + half_day * DAY / 2)
    issue = draft(site, "weekly", now=NOW)
    assert len(issue.items) + len(issue.left_out) == 14


def test_a_feed_that_may_have_lost_entries_is_reported(tmp_path: Path, server: FeedServer) -> None:
    """A feed with only new entries since the last check may have shown more in between."""
    url = server.put("/rss", window_of(5, 4, 3, 2, 1))
    site = site_of(tmp_path, f'feed = "{url}"')
    gather(site, "weekly", now=NOW - 5 * DAY)
    server.put("/rss", window_of(14, 13, 12, 11, 10))
    (reading,) = due(site, NOW).values()
    assert ["every article is new" in finding.message for finding in reading.findings] == [True]


def test_a_source_is_asked_when_its_time_has_come(tmp_path: Path, server: FeedServer) -> None:
    """Not before, unless by hand; each source by itself, and `every` sets its pace."""
    often = server.put("/often", window_of(1))
    seldom = server.put("/seldom", window_of(2))
    site = site_of(tmp_path, f'feed = "{often}"\nevery = "15m"', f'feed = "{seldom}"\nevery = "6h"')
    assert len(due(site, NOW)) == 2
    assert due(site, NOW + timedelta(minutes=5)) == {}
    assert list(due(site, NOW + HOUR)) == [often]
    assert len(gather(site, "weekly", now=NOW + HOUR)) == 3
    assert len(due(site, NOW + 9 * HOUR)) == 2


def test_a_host_has_one_connection_at_a_time(tmp_path: Path, server: FeedServer) -> None:
    """Three feeds of one host are read one after the other."""
    lock, open_now, most = threading.Lock(), 0, 0

    def answer(request: BaseHTTPRequestHandler) -> None:
        nonlocal open_now, most
        with lock:
            open_now += 1
            most = max(most, open_now)
        time.sleep(0.05)
        body = window_of(1).encode()
        with lock:
            open_now -= 1
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    urls = [server.on(f"/{name}", answer) for name in "abc"]
    site = site_of(tmp_path, *(f'feed = "{url}"' for url in urls))
    gather_due(site, "weekly", now=NOW)
    assert (len(server.seen), most) == (3, 1)


def test_a_feed_that_says_how_long_it_lasts_is_believed(tmp_path: Path, server: FeedServer) -> None:
    """`ttl` of RSS 2.0, sy:updatePeriod of RSS 1.0, and the cache headers of the answer."""
    body = window_of(1)
    ttl = body.replace("<item>", "<ttl>240</ttl><item>", 1)
    period = body.replace(
        "<channel>", "<channel xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'>"
        "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>6</sy:updateFrequency>", 1
    )  # fmt: skip
    urls = [
        server.put("/ttl", ttl),
        server.put("/sy", period),
        server.put("/cached", body, headers={"Cache-Control": "max-age=14400"}),
        server.put("/plain", body),
    ]
    site = site_of(tmp_path, *(f'feed = "{url}"' for url in urls))
    gather_due(site, "weekly", now=NOW)
    assert list(due(site, NOW + 2 * HOUR)) == urls[-1:]
    assert len(due(site, NOW + 5 * HOUR)) == 4
