"""The minute when an issue is due and sources fail: they are tried again, and then policy decides."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import pytest_asyncio

from newsletter.issues.issue import State
from newsletter.issues.reasons import StateReason
from newsletter.jobs.due_issue import RunOutcome, RunResult
from newsletter.jobs.due_sources import AGAIN_AFTER
from newsletter.jobs.operators import watched_run
from newsletter.jobs.supervisor import Supervisor
from newsletter.pipeline.gather import gather, gather_due
from newsletter.site.site import Site
from newsletter.store.issues import find_issue
from newsletter.store.source_claims import claiming_sources
from tests.factories.runs import HOUR, MONDAY, THURSDAY, no_pause, run_at, states
from tests.factories.site import READERS, make_site
from tests.factories.story_feeds import feed, item
from tests.servers.feeds import FeedServer, respond
from tests.servers.smtp import Catcher, smtp_server

MINUTE = timedelta(minutes=1)
PROBLEM = "it answers 503 Service Unavailable"
OPERATORS = '[operators]\nmail = ["operator@example.net"]\n'


@pytest_asyncio.fixture
async def catcher() -> AsyncIterator[Catcher]:
    """A mail server that takes everything."""
    async with smtp_server(Catcher()) as catcher:
        yield catcher


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """A web server on loopback."""
    with FeedServer() as running:
        yield running


NewSite = Callable[..., Site]


@pytest.fixture
def new_site(tmp_path: Path, catcher: Catcher, server: FeedServer) -> Iterator[NewSite]:
    """Makes a site with two feeds, "Good" and "Bad", that were read on Thursday."""
    made: list[Site] = []

    def make(*keys: str, more: str = "", **settings: object) -> Site:
        sources = "".join(
            f'[[newsletters.weekly.sources]]\nfeed = "{server.url(path)}"\nname = "{name}"\n'
            for path, name in (("/good", "Good"), ("/bad", "Bad"))
        )
        site = make_site(
            tmp_path,
            now=THURSDAY,
            port=catcher.port,
            keys="\n".join(keys),
            tables=f'[fetch]\nallow_private = ["127.0.0.1"]\n{sources}{more}',
            **settings,
        )
        made.append(site)
        return site

    put_good(server)
    put_well(server)
    yield make
    for site in made:
        site.database.close()


def put_good(server: FeedServer) -> None:
    """Two entries of Friday."""
    server.put(
        "/good",
        feed(item("A harbour opens", guid="1", days=-2), item("A mill closes", guid="2", days=-2)),
    )


def put_well(server: FeedServer, *, with_news: bool = False) -> None:
    """A feed that is read, with an entry of Saturday where it has news."""
    old = item("A ferry sails", guid="0", days=-30)
    news = item("A bridge is closed", guid="3", days=-1)
    server.put("/bad", feed(news, old) if with_news else feed(old))


async def begun(site: Site, server: FeedServer) -> None:
    """Everything was well on Thursday; since then one server fails."""
    await run_at(site, THURSDAY)
    server.put("/bad", b"", status=503)


def asked(server: FeedServer, path: str) -> int:
    """How often the server was asked for the path."""
    return [seen.path for seen in server.seen].count(path)


async def due_with(site: Site, pause: Callable[[threading.Event, timedelta], None]) -> RunOutcome:
    """A run at the due minute, which waits so."""
    supervisor = Supervisor(site.database, lambda: MONDAY, pause=pause)
    report = await asyncio.to_thread(watched_run, site, supervisor)
    return report.newsletters[0]


async def test_what_failed_is_tried_three_times_within_a_minute(
    new_site: NewSite, server: FeedServer
) -> None:
    """Only what failed; and then the issue goes out without it."""
    site = new_site()
    await begun(site, server)
    before = {path: asked(server, path) for path in ("/good", "/bad")}
    waits: list[timedelta] = []
    outcome = await due_with(site, lambda _stop, wait: waits.append(wait))
    assert tuple(waits) == AGAIN_AFTER
    assert sum(waits, timedelta(0)) <= MINUTE
    assert asked(server, "/bad") - before["/bad"] == 4
    assert asked(server, "/good") - before["/good"] == 1
    assert outcome.result is RunResult.SENT
    assert [(one.name, one.problem) for one in outcome.failed] == [("Bad", PROBLEM)]


async def test_what_is_well_at_the_second_attempt_is_in_the_issue(
    new_site: NewSite, server: FeedServer
) -> None:
    """A server that fails at the due minute costs no story."""
    site = new_site()
    await begun(site, server)
    outcome = await due_with(site, lambda _stop, _wait: put_well(server, with_news=True))
    assert (outcome.result, outcome.failed) == (RunResult.SENT, ())
    with site.database.transaction(read_only=True) as connection:
        issue = find_issue(connection, "weekly", 1)
    assert {item.title for item in issue.shown_items} >= {"A bridge is closed"}


async def test_a_stop_ends_the_attempts(new_site: NewSite, server: FeedServer) -> None:
    """The process that has to end does not wait for a source, and sends nothing."""
    site = new_site()
    await begun(site, server)
    before = asked(server, "/bad")
    stop = threading.Event()
    supervisor = Supervisor(
        site.database,
        lambda: MONDAY,
        stop,
        pause=lambda stop_of_job, _wait: stopped(stop, stop_of_job),
    )
    await asyncio.to_thread(watched_run, site, supervisor)
    assert asked(server, "/bad") - before == 1
    assert states(site) == []


def stopped(stop: threading.Event, of_job: threading.Event) -> None:
    """Stop the process, and wait until the job knows."""
    stop.set()
    assert of_job.wait(10)


async def test_operators_are_told_without_what_an_issue_went_out(
    new_site: NewSite, server: FeedServer, catcher: Catcher
) -> None:
    """Which source, since when; once."""
    site = new_site(more=OPERATORS)
    await begun(site, server)
    await due_with(site, no_pause)
    await due_with(site, no_pause)
    letters = [one for one in catcher.caught if one.recipient == "operator@example.net"]
    (letter,) = letters
    text = letter.content.decode().replace("=\r\n", "")
    assert "Bad (since 2026-03-09 07:00 UTC)" in text
    assert len(catcher.caught) == len(READERS) + 1


async def test_an_issue_waits_for_its_sources_and_is_sent_when_they_are_back(
    new_site: NewSite, server: FeedServer
) -> None:
    """It goes out by itself with what they show."""
    site = new_site('on_source_failure = "wait 2h"')
    await begun(site, server)
    outcome = await run_at(site, MONDAY)
    assert outcome.result is RunResult.HELD
    assert outcome.note is not None
    assert outcome.note.until == MONDAY + 2 * HOUR
    before = asked(server, "/bad"), asked(server, "/good")
    await run_at(site, MONDAY + 5 * MINUTE)
    assert (asked(server, "/bad"), asked(server, "/good")) == before
    put_well(server, with_news=True)
    assert (await run_at(site, MONDAY + 20 * MINUTE)).result is RunResult.SENT
    with site.database.transaction(read_only=True) as connection:
        assert len(find_issue(connection, "weekly", 1).shown_items) == 3


async def test_an_issue_that_has_waited_is_sent_without_them(
    new_site: NewSite, server: FeedServer
) -> None:
    """After two hours; the sources that failed are named."""
    site = new_site('on_source_failure = "wait 2h"')
    await begun(site, server)
    for minutes in (0, 30, 90):
        assert (await run_at(site, MONDAY + minutes * MINUTE)).result is RunResult.HELD
    outcome = await run_at(site, MONDAY + 120 * MINUTE)
    assert outcome.result is RunResult.SENT
    assert [one.name for one in outcome.failed] == ["Bad"]


async def test_a_held_issue_is_for_an_editor_when_it_is_too_late(
    new_site: NewSite, server: FeedServer
) -> None:
    """Sources that come back after max_lateness send nothing by themselves."""
    site = new_site('on_source_failure = "hold"')
    await begun(site, server)
    assert (await run_at(site, MONDAY)).result is RunResult.HELD
    put_well(server, with_news=True)
    assert (await run_at(site, MONDAY + 7 * HOUR)).result is RunResult.HELD
    assert states(site) == [State.HELD]
    assert (await run_at(site, MONDAY + timedelta(days=7))).result is RunResult.SENT


async def test_an_issue_that_is_thin_because_sources_failed_is_held(
    new_site: NewSite, server: FeedServer
) -> None:
    """Not skipped: its articles may be where nobody could look; and sent once they are there."""
    site = new_site(min_items=3)
    await begun(site, server)
    outcome = await run_at(site, MONDAY)
    assert outcome.result is RunResult.HELD
    assert outcome.note is not None
    assert (outcome.note.kind, outcome.note.count) == (StateReason.SOURCES_FAILED, 2)
    put_well(server, with_news=True)
    assert (await run_at(site, MONDAY + HOUR)).result is RunResult.SENT


def test_two_gatherings_ask_a_source_once(new_site: NewSite, server: FeedServer) -> None:
    """The second waits for the first, and takes what it has read."""
    site = new_site()
    entered, go_on = threading.Event(), threading.Event()

    def slow(request: BaseHTTPRequestHandler) -> None:
        entered.set()
        assert go_on.wait(20)
        respond(request, feed(item("A bridge is closed", guid="3")).encode())

    server.on("/bad", slow)
    first = threading.Thread(target=lambda: gather(site, "weekly", now=MONDAY - HOUR))
    first.start()
    assert entered.wait(20)
    assert {r.location for r in gather_due(site, "weekly", now=MONDAY)} <= {"articles"}
    second = threading.Thread(target=lambda: gather(site, "weekly", now=MONDAY))
    second.start()
    go_on.set()
    for thread in (first, second):
        thread.join(30)
    assert (asked(server, "/good"), asked(server, "/bad")) == (1, 1)


def test_a_claim_of_a_dead_reader_is_void(
    new_site: NewSite, server: FeedServer, database_url: str
) -> None:
    """On either database: a process that was killed while it read keeps nobody from reading."""
    site = new_site(database=database_url)
    with claiming_sources(site.database) as dead, site.database.transaction() as connection:
        assert dead.take(connection, ["a", "b"]) == {"a", "b"}
    with claiming_sources(site.database) as living:
        with site.database.transaction() as connection:
            assert living.take(connection, ["a"]) == {"a"}
        with claiming_sources(site.database) as other:
            with site.database.transaction() as connection:
                assert other.take(connection, ["a", "b"]) == {"b"}
                other.release(connection)
            assert other.any_elsewhere(["a"])
        with site.database.transaction() as connection:
            living.release(connection)
