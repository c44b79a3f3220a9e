"""gather, through the hallway and the database: what is kept between two gatherings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from newsletter.articles.article import Article
from newsletter.articles.reading import Reading
from newsletter.pipeline.gather import gather
from newsletter.site.site import Site, open_site
from tests.factories.gathered import load_articles
from tests.factories.site import make_site
from tests.servers.feeds import FeedServer, respond

NOW = datetime(2026, 5, 12, 7, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """A web server on loopback."""
    with FeedServer() as running:
        yield running


def site_with_feed(folder: Path, url: str, tags: str = "") -> Site:
    """A site with one feed beside its folder."""
    source = f'[[newsletters.weekly.sources]]\nfeed = "{url}"\ntags = [{tags}]\n'
    tables = f'[fetch]\nallow_private = ["127.0.0.1"]\ntimeout = "5s"\n\n{source}'
    return make_site(folder, now=NOW, tables=tables)


def feed(text: str, date: str = "") -> str:
    """A feed of one article."""
    return (
        "<rss version='2.0'><channel><title>Example News</title><item><title>Bridge</title>"
        f"<link>https://example.org/bridge</link>{date}<description>{text}</description>"
        "</item></channel></rss>"
    )


def gathered(site: Site, now: datetime) -> Reading:
    """The reading of the site's feed."""
    return gather(site, "weekly", now=now)[-1]


def kept(site: Site) -> list[Article]:
    """The articles the database holds."""
    with site.database.transaction(read_only=True) as connection:
        return [a for a, _ in load_articles(connection, "weekly", since=NOW - 30 * DAY)]


def test_an_undated_article_stays_where_it_was_first_seen(
    tmp_path: Path, server: FeedServer
) -> None:
    """Its text is refreshed, its date is that of the first gathering, and no window takes it twice."""
    site = site_with_feed(tmp_path, server.put("/rss", feed("First.")))
    gathered(site, NOW)
    server.put("/rss", feed("Corrected."))
    gathered(site, NOW + 8 * DAY)
    (article,) = kept(site)
    assert (article.summary, article.published) == ("Corrected.", NOW)


def test_a_corrected_date_is_taken(tmp_path: Path, server: FeedServer) -> None:
    """A date that the source states replaces the one that was there."""
    site = site_with_feed(tmp_path, server.put("/rss", feed("First.")))
    gathered(site, NOW)
    server.put("/rss", feed("First.", "<pubDate>Mon, 11 May 2026 06:00:00 GMT</pubDate>"))
    gathered(site, NOW + DAY)
    assert kept(site)[0].published == datetime(2026, 5, 11, 6, tzinfo=UTC)


def test_an_unchanged_feed_keeps_its_articles(tmp_path: Path, server: FeedServer) -> None:
    """The second gathering asks conditionally, reads nothing, and loses nothing."""
    url = server.put("/rss", feed("First."), headers={"ETag": '"v1"'})
    site = site_with_feed(tmp_path, url)
    gathered(site, NOW)
    assert gathered(site, NOW + timedelta(hours=1)).unchanged
    assert server.seen[1].headers["if-none-match"] == '"v1"'
    assert len(kept(site)) == 1


def test_a_server_that_calls_everything_unchanged_is_asked_in_full_once_a_day(
    tmp_path: Path, server: FeedServer
) -> None:
    """It answers 304 to every conditional request, though its feed has changed."""
    shown = [feed("First.")]

    def answer(request: BaseHTTPRequestHandler) -> None:
        stuck = "If-None-Match" in request.headers
        body = b"" if stuck else shown[-1].encode()
        respond(request, body, status=304 if stuck else 200, headers={"ETag": '"stuck"'})

    site = site_with_feed(tmp_path, server.on("/rss", answer))
    gathered(site, NOW)
    shown.append(feed("Second."))
    assert gathered(site, NOW + timedelta(hours=1)).unchanged
    assert not gathered(site, NOW + DAY).unchanged
    assert [article.summary for article in kept(site)] == ["Second."]


def test_a_changed_tag_reaches_an_unchanged_feed(tmp_path: Path, server: FeedServer) -> None:
    """Configuration that reads the feed differently reads it again."""
    url = server.put("/rss", feed("First."), headers={"ETag": '"v1"'})
    gathered(site_with_feed(tmp_path, url), NOW)
    site_with_feed(tmp_path, url, tags='"bridges"')
    site = open_site(tmp_path, {})
    assert not gathered(site, NOW + DAY).unchanged
    assert [tag.slug for tag in kept(site)[0].tags] == ["bridges"]


def test_a_server_that_asked_for_a_pause_is_left_alone(tmp_path: Path, server: FeedServer) -> None:
    """Across gatherings, until the pause is over; a failure stays a failure until then."""
    url = server.put("/rss", "", status=429, headers={"Retry-After": "7200"})
    site = site_with_feed(tmp_path, url)
    for hours in (0, 1):
        reading = gathered(site, NOW + timedelta(hours=hours))
        assert [finding.severity for finding in reading.findings] == ["failure"]
    assert len(server.seen) == 1
    server.put("/rss", feed("First."))
    gathered(site, NOW + timedelta(hours=3))
    assert len(kept(site)) == 1


def test_a_feed_that_has_lost_its_entries_is_told(tmp_path: Path, server: FeedServer) -> None:
    """A feed that never had any is only noted, because it may be new."""
    empty = "<rss version='2.0'><channel><title>Example News</title></channel></rss>"
    site = site_with_feed(tmp_path, server.put("/rss", empty))
    told = [{finding.severity for finding in gathered(site, NOW).findings}]
    server.put("/rss", feed("First.", "<pubDate>Mon, 11 May 2026 06:00:00 GMT</pubDate>"))
    told += [{finding.severity for finding in gathered(site, NOW + DAY).findings}]
    server.put("/rss", empty)
    told += [{finding.severity for finding in gathered(site, NOW + 2 * DAY).findings}]
    assert told == [{"notice"}, set(), {"notice", "warning"}]
    assert len(kept(site)) == 1
