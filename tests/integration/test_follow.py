"""A followed source's articles are filled in from their pages, politely, once a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from newsletter.articles.article import Article
from newsletter.articles.follow import FAILURES_AT_MOST, PAGES_AT_MOST
from newsletter.articles.reading import Reading
from newsletter.pipeline.gather import gather
from newsletter.site.site import Site
from tests.factories.gathered import load_articles
from tests.factories.site import make_site
from tests.servers.feeds import FeedServer

NOW = datetime(2026, 5, 12, 7, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PROSE = (
    "The harbour bridge reopened to traffic on Monday morning, eleven weeks after inspectors found"
    " cracks in two of its hangers, and the first bus crossed at ten past five."
)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """A web server on loopback."""
    with FeedServer() as running:
        yield running


def site_that_follows(folder: Path, server: FeedServer, count: int = 1) -> Site:
    """A site with one followed feed of `count` bare articles."""
    feed = feed_of(server, *range(1, count + 1))
    source = f'[[newsletters.weekly.sources]]\nfeed = "{feed}"\nfollow = true\n'
    tables = f'[fetch]\nallow_private = ["127.0.0.1"]\ntimeout = "5s"\n\n{source}'
    return make_site(folder, now=NOW, tables=tables)


def feed_of(server: FeedServer, *numbers: int, said: str = "") -> str:
    """Serve a feed of these articles, which says nothing else of them; returns its address."""
    items = "".join(
        f"<item><title>Bridge {number}</title><link>{server.url(f'/story/{number}')}</link>"
        f"<pubDate>{format_datetime(NOW - number * HOUR)}</pubDate></item>"
        for number in numbers
    )
    channel = f"<channel><title>Example News</title><description>{said}</description>{items}"
    return server.put("/rss", f"<rss version='2.0'>{channel}</channel></rss>")


def page(number: int = 1, text: str = PROSE) -> str:
    """The page of an article."""
    return (
        f"<html><head><title>Bridge {number}</title><meta name='author' content='Ann Example'>"
        "<meta property='og:image' content='https://example.org/bridge.jpg'>"
        "<meta name='description' content='Ferries keep their extra trips.'>"
        "<meta name='keywords' content='bridges, ferries'></head>"
        f"<body><article><h1>Bridge {number}</h1>{f'<p>{text}</p>' * 4}</article></body></html>"
    )


def gathered(site: Site, now: datetime) -> Reading:
    """The reading of the site's feed."""
    return gather(site, "weekly", now=now)[-1]


def kept(site: Site) -> list[Article]:
    """The articles the database holds."""
    with site.database.transaction(read_only=True) as connection:
        return [a for a, _ in load_articles(connection, "weekly", since=NOW - 30 * DAY)]


def asked(server: FeedServer) -> list[str]:
    """The pages that were asked for."""
    return [seen.path for seen in server.seen if seen.path.startswith("/story/")]


def test_a_page_fills_in_a_bare_entry(tmp_path: Path, server: FeedServer) -> None:
    """Text, summary, tags, author and picture are kept with the feed's own title and address."""
    site = site_that_follows(tmp_path, server)
    server.put("/story/1", page())
    reading = gathered(site, NOW)
    (article,) = kept(site)
    assert reading.findings == ()
    assert (article.title, article.url) == ("Bridge 1", server.url("/story/1"))
    assert article.body_text.startswith("The harbour bridge reopened")
    assert (article.summary, article.author) == ("Ferries keep their extra trips.", "Ann Example")
    assert [tag.label for tag in article.tags] == ["bridges", "ferries"]
    assert article.image is not None


def test_a_page_is_asked_for_once_a_day(tmp_path: Path, server: FeedServer) -> None:
    """Within a day what is known of it is used; after that it is asked for with its validators."""
    site = site_that_follows(tmp_path, server, count=2)
    server.put("/story/1", page(1), headers={"ETag": '"one"'})
    server.put("/story/2", page(2))
    gathered(site, NOW)
    feed_of(server, 1, 2, said="New.")
    gathered(site, NOW + HOUR)
    assert asked(server) == ["/story/1", "/story/2"]
    assert {article.author for article in kept(site)} == {"Ann Example"}
    feed_of(server, 1, said="Newer.")
    gathered(site, NOW + DAY + HOUR)
    assert asked(server)[2:] == ["/story/1"]
    assert server.seen[-1].headers["if-none-match"] == '"one"'


def test_a_page_that_fails_is_a_finding(tmp_path: Path, server: FeedServer) -> None:
    """The article stays as the feed gives it, and the source counts as read."""
    site = site_that_follows(tmp_path, server, count=2)
    server.put("/story/1", page(1))
    reading = gathered(site, NOW)
    (finding,) = reading.findings
    assert finding.severity == "warning"
    assert "1 of 2 followed pages cannot be read" in finding.message
    assert "404 Not Found" in finding.message
    assert sorted(article.author for article in kept(site)) == ["", "Ann Example"]


def test_a_wall_fills_in_nothing(tmp_path: Path, server: FeedServer) -> None:
    """A page that only asks for consent does not become the article's text."""
    site = site_that_follows(tmp_path, server)
    wall = "We and our partners use cookies to process personal data. You can withdraw your consent in our privacy policy."
    server.put("/story/1", page(1, wall).replace("Bridge 1", "We value your privacy"))
    reading = gathered(site, NOW)
    (article,) = kept(site)
    assert "accept cookies" in reading.findings[0].message
    assert (article.title, article.body_text, article.author) == ("Bridge 1", "", "")


def test_a_gathering_follows_a_bounded_number(tmp_path: Path, server: FeedServer) -> None:
    """The pages that are left are followed in the next gathering, though the feed is the same."""
    count = PAGES_AT_MOST + 3
    site = site_that_follows(tmp_path, server, count=count)
    for number in range(1, count + 1):
        server.put(f"/story/{number}", page(number))
    gathered(site, NOW)
    assert len(asked(server)) == PAGES_AT_MOST
    gathered(site, NOW + HOUR)
    assert sorted(asked(server)) == sorted(f"/story/{number}" for number in range(1, count + 1))
    assert all(article.author for article in kept(site))


def test_a_host_that_fails_is_left_alone(tmp_path: Path, server: FeedServer) -> None:
    """After a few failures after each other the other pages wait."""
    site = site_that_follows(tmp_path, server, count=10)
    gathered(site, NOW)
    assert len(asked(server)) == FAILURES_AT_MOST
