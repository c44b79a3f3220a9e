"""Lists of popular stories in a draft: by counted clicks, and as a site ranks its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.config.loading import load_settings
from newsletter.errors import ConfigurationError
from newsletter.issues.blocks import Block
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.reader_copy import Reader, copy_for
from newsletter.site.site import Site
from newsletter.store.clicks import add_clicks
from newsletter.store.tables import links
from tests.demo.catcher import catching_mail
from tests.factories.runs import MONDAY, THURSDAY, run_at
from tests.factories.site import make_site, publish
from tests.servers.feeds import FeedServer

BY_CLICKS = '[[newsletters.weekly.popular]]\nby = "clicks"\ntitle = "Of the month"\n'
BY_SITE = '[[newsletters.weekly.popular]]\nby = "site"\nplace = "after-lead"\nmax_items = 2\n'
FETCH = '[fetch]\nallow_private = ["127.0.0.1"]\ntimeout = "20s"\n'
RANKED = (
    "[[newsletters.weekly.sources]]\n{kind} = \"{url}\"\npopular = true\nname = 'Example News'\n"
)


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """A web server on loopback."""
    with FeedServer() as running:
        yield running


def click(site: Site, slug: str, count: int) -> None:
    """So many clicks on the link of the story whose address has `slug`."""
    with site.database.transaction() as connection:
        found = {row.url: row.token for row in connection.execute(links.select())}
        (token,) = [token for url, token in found.items() if slug in url]
        add_clicks(connection, {(token, MONDAY.date()): count})


def only_block(site: Site) -> Block:
    """The one block of the coming issue, drafted the day after the first was sent."""
    gather(site, "weekly", now=MONDAY + timedelta(days=1))
    (block,) = draft(site, "weekly", now=MONDAY + timedelta(days=1)).blocks
    return block


def test_the_stories_of_past_issues_that_were_opened_most_are_listed(
    tmp_path: Path, database_url: str
) -> None:
    """By sums of five and more, which are not shown; the mail says what the list rests on."""
    with catching_mail() as catcher:
        site = make_site(
            tmp_path,
            now=THURSDAY,
            port=catcher.port,
            database=database_url,
            keys="count_clicks = true",
            tables=BY_CLICKS,
        )
        publish(tmp_path, *[THURSDAY + timedelta(hours=n) for n in range(3)])
        asyncio.run(run_at(site, THURSDAY + timedelta(hours=3)))
        asyncio.run(run_at(site, MONDAY))
    click(site, "story-2026-03-05-10", 7)
    click(site, "story-2026-03-05-11", 4)
    publish(tmp_path, *[MONDAY + timedelta(hours=n) for n in range(2, 4)], story="new")
    block = only_block(site)
    assert block.made is not None
    assert [row.url for row in block.made.rows] == [
        "https://press.example.org/story-2026-03-05-10-00"
    ]
    now = MONDAY + timedelta(days=1)
    text = copy_for(site, draft(site, "weekly", now=now), Reader(), now=now).text
    assert "Of the month" in text
    assert "The links that were opened most in our last 4 issues" in text
    site.database.close()


def feed_of(*names: str) -> str:
    """A feed of these stories in this order, the oldest first."""
    items = "".join(
        f"<item><title>Story {name}</title><link>https://press.example.org/{name}</link></item>"
        for name in names
    )
    return f"<rss version='2.0'><channel><title>Ranking</title>{items}</channel></rss>"


def test_a_sites_own_feed_of_what_is_popular_is_listed_in_its_order(
    tmp_path: Path, server: FeedServer, database_url: str
) -> None:
    """None of its entries becomes an article, and a new order shows at the next reading."""
    url = server.put("/popular", feed_of("b", "a", "c"))
    site = make_site(
        tmp_path,
        now=THURSDAY,
        database=database_url,
        tables=FETCH + RANKED.format(kind="feed", url=url) + BY_SITE,
    )
    publish(tmp_path, MONDAY + timedelta(hours=2))
    made = only_block(site).made
    assert made is not None
    assert [row.title for row in made.rows] == ["Story b", "Story a"]
    server.put("/popular", feed_of("c", "b", "a"))
    made = only_block(site).made
    assert made is not None
    assert [row.title for row in made.rows] == ["Story c", "Story b"]
    now = MONDAY + timedelta(days=1)
    issue = draft(site, "weekly", now=now)
    assert [item.article.source for item in issue.items] == ["articles"]
    assert issue.left_out == ()
    assert "As ranked by Example News" in copy_for(site, issue, Reader(), now=now).text
    site.database.close()


def test_a_page_that_shows_the_list_will_do(tmp_path: Path, server: FeedServer) -> None:
    """What stands below its heading; while the page cannot be read, the last list stands."""
    page = "<h2>Most Popular Reviews</h2><a href=/1>The first of reviews</a><a href=/2>The second of them</a>"
    url = server.put("/home", page, content_type="text/html")
    site = make_site(
        tmp_path, now=THURSDAY, tables=FETCH + RANKED.format(kind="page", url=url) + BY_SITE
    )
    publish(tmp_path, MONDAY + timedelta(hours=2))
    first = only_block(site).made
    assert first is not None
    assert [row.title for row in first.rows] == ["The first of reviews", "The second of them"]
    server.put("/home", "<p>We are rebuilding our home page.</p>", content_type="text/html")
    readings = gather(site, "weekly", now=MONDAY + timedelta(days=2))
    assert "no list of popular stories" in readings[-1].findings[0].message
    assert only_block(site).made == first
    site.database.close()


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        (BY_CLICKS, "add count_clicks = true"),
        (BY_SITE, "add one with popular = true"),
        (
            RANKED.format(kind="feed", url="https://example.org/top"),
            'add [[newsletters.NAME.popular]] with by = "site"',
        ),
        (RANKED.format(kind="folder", url="articles") + BY_SITE, "for a feed, or for a page"),
    ],
    ids=["clicks not counted", "no ranked source", "no list", "a folder"],
)
def test_a_list_that_rests_on_nothing_is_refused(tmp_path: Path, tables: str, says: str) -> None:
    """The configuration names what is missing, and the fix."""
    path = make_site(tmp_path, now=THURSDAY).folder / "newsletter.toml"
    path.write_text(path.read_text("utf-8") + tables, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(tmp_path, {})
    assert says in "\n".join(str(problem) for problem in caught.value.problems)
