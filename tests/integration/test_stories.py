"""A story is one story, for ever: through gathering, drafts and issues, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.issues.edits import Hide, Pin
from newsletter.issues.issue import Issue, State
from newsletter.issues.wording import inclusion_text, left_out_text
from newsletter.pipeline.add import add_by_url
from newsletter.pipeline.draft import draft
from newsletter.pipeline.edit import EditRequest, edit
from newsletter.pipeline.gather import gather
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from newsletter.store.newsletters import advance_watermark
from newsletter.store.tables import articles
from tests.factories.story_feeds import DAY, NOW, close_sites, feed, item, site_of
from tests.servers.feeds import FeedServer

WEEK = timedelta(days=7)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database of either kind; its sites are closed before it goes."""
    if request.param == "sqlite":
        yield "sqlite:///newsletter.db"
    else:
        yield str(request.getfixturevalue("empty_postgres_url"))
    close_sites()


@pytest.fixture(autouse=True)
def close_databases() -> Iterator[None]:
    """Close what the sites of a test have opened."""
    yield
    close_sites()


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """A web server on loopback."""
    with FeedServer() as running:
        yield running


def drafted(site: Site, now: datetime = NOW) -> Issue:
    """The coming issue after a gathering."""
    gather(site, "weekly", now=now)
    return draft(site, "weekly", now=now)


def request_for(issue: Issue) -> EditRequest:
    """An editor's request to change the issue as it is now."""
    return EditRequest(
        newsletter=issue.newsletter,
        number=issue.number,
        editor="e@example.org",
        seen_version=issue.version,
    )


def sent(site: Site, issue: Issue, now: datetime = NOW) -> None:
    """Let the issue be sent, as far as stories are concerned."""
    with site.database.transaction() as connection:
        issue_store.move(connection, issue, State.APPROVED, approved_at=now)
        approved = issue_store.find_issue(connection, "weekly", issue.number)
        issue_store.move(connection, approved, State.SENDING, send_started_at=now)
        issue_store.take_articles(connection, approved)
        advance_watermark(connection, "weekly", issue.window.end, closed=now)
        sending = issue_store.find_issue(connection, "weekly", issue.number)
        issue_store.move(connection, sending, State.SENT, send_finished_at=now)


def titles(issue: Issue) -> list[str]:
    """The titles of its items, in the alphabet."""
    return sorted(shown.title for shown in issue.shown_items)


def reasons(issue: Issue) -> dict[str, str]:
    """Why each title was left out."""
    return {out.title: left_out_text(out) for out in issue.left_out}


BRIDGE = item("Council opens the new bridge", link="https://news.example/bridge", guid="b1")


def test_two_feeds_of_one_site_tell_one_story_once(
    tmp_path: Path, server: FeedServer, database: str
) -> None:
    """Both bear the site's name and have the story; it stands once, and goes on standing."""
    one = server.put("/a", feed(BRIDGE, item("Ferry sails", link="https://news.example/f")))
    two = server.put("/b", feed(BRIDGE, item("Library opens", link="https://news.example/l")))
    site = site_of(tmp_path, f'feed = "{one}"', f'feed = "{two}"', database=database)
    assert titles(drafted(site)) == ["Council opens the new bridge", "Ferry sails", "Library opens"]
    assert len(titles(drafted(site, NOW + timedelta(hours=1)))) == 3


@pytest.mark.parametrize(
    "identity",
    ["urn:uuid:5a0e3f52-6f2b-4c1d-9b57-0f3b2a7c1e44", "tag:news.example,2026:bridge"],
)
def test_a_globally_unique_id_is_one_story_in_two_feeds(
    tmp_path: Path, server: FeedServer, database: str, identity: str
) -> None:
    """A section's feed has the entry under another title and link; an aggregator has it weeks later."""
    two = item("Ribbon cut over the Carrow", link="https://news.example/s/9", guid=identity)
    one = item("Council opens the new bridge", link="https://news.example/bridge", guid=identity)
    sources = [
        f'feed = "{server.put(path, feed(body, title=title))}"'
        for path, body, title in (("/a", one, "News"), ("/b", two, "Carrow"))
    ]
    site = site_of(tmp_path, *sources, database=database)
    issue = drafted(site)
    assert len(titles(issue)) == 1
    sent(site, issue)
    planet = server.put("/c", feed(item("Bridge!", guid=identity), item("New", guid="n", days=6)))
    later = site_of(tmp_path, *sources, f'feed = "{planet}"', database=database)
    assert titles(drafted(later, NOW + WEEK)) == ["New"]


def test_an_id_at_several_entries_of_a_feed_joins_nothing(
    tmp_path: Path, server: FeedServer
) -> None:
    """A feed whose entries all have one UUID has as many stories as entries."""
    same = "urn:uuid:5a0e3f52-6f2b-4c1d-9b57-0f3b2a7c1e44"
    one = server.put("/a", feed(item("Ferry sails", guid=same), item("Library opens", guid=same)))
    two = server.put("/b", feed(item("Gulls return", guid=same), title="Birds"))
    site = site_of(tmp_path, f'feed = "{one}"', f'feed = "{two}"')
    assert titles(drafted(site)) == ["Ferry sails", "Gulls return", "Library opens"]


@pytest.mark.parametrize("path", ["/feed/", "/new/rss.xml"])
def test_a_feed_that_moves_keeps_its_memory(tmp_path: Path, server: FeedServer, path: str) -> None:
    """Its address is changed in newsletter.toml: nothing is doubled, nothing is sent again."""
    address = server.put("/feed", feed(BRIDGE))
    sent(
        site_of(tmp_path, f'feed = "{address}"'), drafted(site_of(tmp_path, f'feed = "{address}"'))
    )
    moved = server.put(path, feed(item("Something new", guid="n", days=6), BRIDGE))
    issue = drafted(site_of(tmp_path, f'feed = "{moved}"'), NOW + WEEK)
    assert titles(issue) == ["Something new"]
    assert reasons(issue)["Council opens the new bridge"].startswith("already in weekly/1 (")


def test_a_feed_under_two_spellings_is_one_with_the_tags_of_both(
    tmp_path: Path, server: FeedServer
) -> None:
    """/feed and /feed/ are read once; what is listed twice adds both lists of tags."""
    body = feed(BRIDGE)
    one, two = server.put("/feed", body), server.put("/feed/", body)
    site = site_of(tmp_path, f'feed = "{one}"\ntags = ["x"]', f'feed = "{two}"\ntags = ["y"]')
    (shown,) = drafted(site).items
    assert [tag.slug for tag in shown.article.tags] == ["x", "y"]
    assert len(server.seen) == 1


def test_a_page_of_a_feed_is_the_feed_s_story(tmp_path: Path, server: FeedServer) -> None:
    """The page's site name is the feed's title, and the story is in both."""
    page = server.put(
        "/bridge",
        "<html><head><title>Council opens the new bridge</title>"
        "<meta property='og:site_name' content='Site News'></head><body><article><p>"
        + "The council has opened the new bridge over the river. " * 12
        + "</p></article></body></html>",
        headers={"Content-Type": "text/html", "Last-Modified": format_datetime(NOW - DAY)},
    )
    address = server.put("/a", feed(item("Council opens the new bridge", link=page)))
    site = site_of(tmp_path, f'feed = "{address}"', f'page = "{page}"')
    assert titles(drafted(site)) == ["Council opens the new bridge"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"link": "https://l.example/adv", "guid": "1"}, {"link": "https://l.example/adv", "guid": "2"}),
        ({"link": "https://l.example/n#a"}, {"link": "https://l.example/n#b"}),
        ({"guid": "1"}, {"guid": "2"}),
        ({"link": "https://l.example/"}, {"link": "https://l.example/"}),
    ],
)  # fmt: skip
def test_a_new_entry_of_a_shared_page_is_sent_once(
    tmp_path: Path, server: FeedServer, old: dict[str, str], new: dict[str, str]
) -> None:
    """Advisories, release notes, podcasts: the new one is new, the old one is not sent again."""
    address = server.put("/a", feed(item("ADV-1: printer flaw", **old)))
    site = site_of(tmp_path, f'feed = "{address}"')
    sent(site, drafted(site))
    newer = item("ADV-2: kettle flaw", days=6, **new)
    server.put("/a", feed(newer, item("ADV-1: printer flaw", **old)))
    issue = drafted(site, NOW + WEEK)
    assert titles(issue) == ["ADV-2: kettle flaw"]
    assert issue.items[0].article.url == new.get("link", "")
    assert reasons(issue)["ADV-1: printer flaw"].startswith("already in weekly/1")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"link": "http://l.example/a", "guid": "1"}, {"link": "https://www.l.example/a/", "guid": "1"}),
        ({"link": "https://l.example/oepns", "guid": "1"}, {"link": "https://l.example/opens", "guid": "1"}),
        ({"link": "https://l.example/a?sid=1"}, {"link": "https://l.example/a?sid=2"}),
        ({"link": "https://l.example/a", "guid": "1"}, {"link": "https://l.example/a", "guid": "2"}),
        ({"link": "https://l.example/a", "guid": "1"}, {"link": "https://new.example/b", "guid": "2"}),
    ],
)  # fmt: skip
def test_an_entry_that_moves_is_not_sent_again(
    tmp_path: Path, server: FeedServer, before: dict[str, str], after: dict[str, str]
) -> None:
    """To https, to a corrected slug, with another session or another id: nothing is doubled."""
    address = server.put("/a", feed(item("Mayor opens the library", **before)))
    site = site_of(tmp_path, f'feed = "{address}"')
    drafted(site)
    server.put("/a", feed(item("Mayor opens the library", **after)))
    issue = drafted(site, NOW + timedelta(hours=1))
    assert issue.items[0].article.url.startswith(after["link"][:14])
    assert titles(issue) == ["Mayor opens the library"]
    sent(site, issue)
    newer = item("Ferries on strike", link="https://l.example/f", guid="9", days=6)
    server.put("/a", feed(newer, item("Mayor opens the library", **before)))
    assert titles(drafted(site, NOW + WEEK)) == ["Ferries on strike"]


TEXT = "Snow up to two metres deep has cut off eleven villages in the north of Carland."


def test_an_entry_of_which_all_but_date_and_text_was_corrected_is_not_sent_again(
    tmp_path: Path, server: FeedServer, database: str
) -> None:
    """Its guid is its address, and so is corrected with the slug, as is the headline."""
    text = "How to build a shop of your own with the framework that everybody talks about."
    address = "https://shop.example/build-{}-your-own"
    old, new = address.format("you"), address.format("a")
    site = site_of(
        tmp_path,
        f'feed = "{server.put("/a", feed(item("Build you your own shop", link=old, guid=old, text=text)))}"',
        database=database,
    )
    first = drafted(site)
    assert titles(first) == ["Build you your own shop"]
    sent(site, first)
    server.put(
        "/a",
        feed(
            item("A new story", link="https://shop.example/new", guid="n", days=6),
            item("Build your own shop", link=new, guid=new, text=text),
        ),
    )
    assert titles(drafted(site, NOW + WEEK)) == ["A new story"]


def test_what_was_missing_at_the_due_time_and_comes_back_is_in_the_next_issue(
    tmp_path: Path, server: FeedServer, database: str
) -> None:
    """A server that answers with an old copy makes it look withdrawn; it is sent once."""
    older = item("Harbour wall falls", link="https://news.example/wall", guid="w", days=-2)
    url = server.put("/a", feed(BRIDGE, older))
    site = site_of(tmp_path, f'feed = "{url}"', database=database)
    assert titles(drafted(site)) == ["Council opens the new bridge", "Harbour wall falls"]
    server.put("/a", feed(older))
    first = drafted(site, NOW + timedelta(hours=1))
    assert titles(first) == ["Harbour wall falls"]
    sent(site, first, first.window.end)
    server.put("/a", feed(BRIDGE, older))
    second = drafted(site, NOW + WEEK)
    assert titles(second) == ["Council opens the new bridge"]
    sent(site, second, second.window.end)
    assert titles(drafted(site, NOW + 2 * WEEK)) == []


@pytest.mark.parametrize("weeks", [1, 3])
def test_a_story_that_another_feed_tells_weeks_later_is_known(
    tmp_path: Path, server: FeedServer, database: str, weeks: int
) -> None:
    """It is left out with the issue and its day; in time it would have been "also covered by"."""
    first = item("Heavy snow cuts off villages in north of Carland", guid="1", text=TEXT)
    one = server.put("/a", feed(first, title="Alpha"))
    two = server.put("/b", feed(title="Beta"))
    site = site_of(tmp_path, f'feed = "{one}"', f'feed = "{two}"', database=database)
    sent(site, drafted(site))
    for week in range(1, weeks):
        server.put("/b", feed(item(f"Week {week}", guid=f"w{week}", days=7 * week - 2)))
        sent(site, drafted(site, NOW + week * WEEK), NOW + week * WEEK)
    days = 7 * weeks - 2
    again = item(
        "Carland: heavy snow cuts off villages in the north", guid="7", days=days, text=TEXT
    )
    other = item("Ferries on strike", guid="8", days=days)
    server.put("/b", feed(other, again, title="Beta"))
    for hours in (0, 1):
        issue = drafted(site, NOW + weeks * WEEK + hours * DAY / 24)
        assert titles(issue) == ["Ferries on strike"]
        assert "already in weekly/1 (2026-03-09)" in str(reasons(issue))


def test_a_story_that_goes_on_names_the_issue_it_follows(
    tmp_path: Path, server: FeedServer
) -> None:
    """The next step is an item of its own, marked with the number and title of the last."""
    old = item("Carland villages cut off by heavy snow", guid="1", text=TEXT)
    address = server.put("/a", feed(old))
    site = site_of(tmp_path, f'feed = "{address}"')
    sent(site, drafted(site))
    step = item(
        "Carland villages free again after heavy snow", guid="2", days=6,
        text="The villages in the north of Carland that snow had cut off can be reached again.",
    )  # fmt: skip
    server.put("/a", feed(step, old))
    (shown,) = drafted(site, NOW + WEEK).items
    assert shown.follows is not None
    assert (shown.follows.number, shown.follows.title) == (
        1,
        "Carland villages cut off by heavy snow",
    )
    assert "follows No. 1: Carland villages cut off" in inclusion_text(shown)


def test_a_removed_source_and_a_withdrawn_article_leave_the_draft(
    tmp_path: Path, server: FeedServer
) -> None:
    """What no editor touched goes; what one pinned stays, and is marked."""
    names = ("Alpha one", "Alpha two", "Alpha three")
    entries = [
        item(name, guid=name, link=f"https://a.example/{place}", days=-1 - place / 10)
        for place, name in enumerate(names)
    ]
    one = server.put("/a", feed(*entries))
    two = server.put("/b", feed(item("Beta one", guid="b1"), item("Beta two", guid="b2", days=-2)))
    both = f'feed = "{one}"', f'feed = "{two}"'
    site = site_of(tmp_path, *both)
    issue = drafted(site)
    pinned = next(shown for shown in issue.items if shown.title == "Beta two")
    edit(site, request_for(issue), [Pin(item=pinned.article.key, on=True)], now=NOW)
    server.put("/a", feed(entries[1], entries[2]))
    issue = drafted(site_of(tmp_path, *both), NOW + timedelta(hours=1))
    assert reasons(issue)["Alpha one"] == "withdrawn by its source"
    issue = drafted(site_of(tmp_path, f'feed = "{one}"'), NOW + timedelta(hours=2))
    assert titles(issue) == ["Alpha three", "Alpha two", "Beta two"]
    (kept,) = [shown for shown in issue.items if shown.title == "Beta two"]
    assert inclusion_text(kept).startswith("no source of this newsletter has it any more")


def test_pins_and_hides_hold_by_story(tmp_path: Path, server: FeedServer) -> None:
    """An entry that changes its address and id keeps what an editor did to it."""
    long = "The council has opened the new bridge over the river, on time and within its budget."
    before = item("Council opens the new bridge", link="https://a.example/1", guid="1", text=long)
    address = server.put("/a", feed(before))
    site = site_of(tmp_path, f'feed = "{address}"')
    issue = drafted(site)
    key = issue.items[0].article.key
    edit(site, request_for(issue), [Hide(item=key, on=True)], now=NOW)
    after = item("Council opens the new bridge", link="https://b.example/9", guid="9", text=long)
    server.put("/a", feed(after))
    (hidden,) = drafted(site, NOW + timedelta(hours=1)).items
    assert (hidden.hidden, hidden.article.key) == (True, key)


def test_what_was_added_by_hand_is_known_when_a_feed_brings_it(
    tmp_path: Path, server: FeedServer
) -> None:
    """The page that an editor put in is the feed's story: it is not there twice."""
    page = server.put(
        "/bridge",
        "<html><head><title>Council opens the new bridge</title></head><body><article><p>"
        + "The council has opened the new bridge over the river. " * 12
        + "</p></article></body></html>",
        headers={"Content-Type": "text/html"},
    )
    address = server.put("/a", feed(item("Ferry sails", guid="f")))
    site = site_of(tmp_path, f'feed = "{address}"')
    issue = drafted(site)
    add_by_url(site, request_for(issue), url=page, section="This week", now=NOW)
    server.put("/a", feed(item("Council opens the new bridge", link=page, guid="b")))
    assert (
        titles(drafted(site, NOW + timedelta(hours=1))).count("Council opens the new bridge") == 1
    )


def test_an_unchanged_row_stays_one_row(tmp_path: Path, server: FeedServer) -> None:
    """A feed that gives new ids and sessions at every fetch has one row for each entry."""
    site = site_of(tmp_path, f'feed = "{server.url("/a")}"')
    for fetch in range(4):
        link = f"https://a.example/bridge?sid={fetch}"
        server.put("/a", feed(item("Council opens the new bridge", link=link, guid=f"g{fetch}")))
        gather(site, "weekly", now=NOW + fetch * DAY / 24)
    with site.database.transaction(read_only=True) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(articles)) == 1
