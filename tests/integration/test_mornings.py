"""An issue goes out at an hour of each reader's own day: in waves, each reader once, on both databases."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest_asyncio

from newsletter.cli.rehearsing import season_lines
from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import Issue, State
from newsletter.jobs.due_issue import RunResult
from newsletter.pipeline.approve import approve, stop
from newsletter.pipeline.draft import draft
from newsletter.pipeline.dry_run import dry_run_send
from newsletter.pipeline.rehearsal.rehearse import rehearse
from newsletter.pipeline.report import close, report
from newsletter.pipeline.send import SendOutcome, send
from newsletter.pipeline.status import issue_status, site_status
from newsletter.pipeline.welcome_issue import welcome_issue
from newsletter.site.site import Site
from newsletter.store.health import sending_since
from newsletter.store.issues import find_issue
from newsletter.web.metrics import collect, exposition
from subscribers import people, suppression
from tests.factories.desk_browser import Browser, visit
from tests.factories.nodes import workers
from tests.factories.runs import DAY, HOUR, MONDAY, WEEK, run_at, states
from tests.factories.site import publish
from tests.factories.waves import MORNINGS, ZONES, move_to, site_of_mornings
from tests.servers.fast_smtp import FastCatcher, fast_server
from tests.servers.smtp import Catcher, smtp_server

MINUTE = timedelta(minutes=1)
UTC_ZONE = ZoneInfo("UTC")
S = DeliveryState

Made = Callable[..., Awaitable[Site]]


@pytest_asyncio.fixture
async def catcher() -> AsyncIterator[Catcher]:
    """A mail server that takes everything."""
    async with smtp_server(Catcher()) as catcher:
        yield catcher


@pytest_asyncio.fixture
async def made(tmp_path: Path, database_url: str, catcher: Catcher) -> AsyncIterator[Made]:
    """Makes a site of readers around the world."""
    sites: list[Site] = []

    async def make(**settings: Any) -> Site:
        site = await site_of_mornings(tmp_path, catcher.port, database=database_url, **settings)
        sites.append(site)
        return site

    yield make
    for site in sites:
        site.database.close()


def issue_of(site: Site, number: int = 1) -> Issue:
    """The issue as it stands."""
    with site.database.transaction(read_only=True) as connection:
        return find_issue(connection, "weekly", number)


def recipients(catcher: Catcher) -> Counter[str]:
    """How many messages each reader got."""
    return Counter(caught.recipient for caught in catcher.caught)


async def test_each_reader_gets_the_issue_at_her_own_hour_and_once(
    made: Made, catcher: Catcher
) -> None:
    """A run before the hour sends nothing, a run at the hour sends, and the sum is right at the end."""
    site = await made()
    assert (await run_at(site, MONDAY - MINUTE)).did == "nothing due"
    for moment in sorted(set(MORNINGS.values())):
        before = recipients(catcher)
        outcome = await run_at(site, moment - MINUTE)
        assert recipients(catcher) == before
        outcome = await run_at(site, moment)
        due = {address for address, at in MORNINGS.items() if at <= moment}
        assert recipients(catcher) == Counter(due)
        later = [at for at in MORNINGS.values() if at > moment]
        assert outcome.sent is not None
        if later:
            assert outcome.result is RunResult.SENDING
            assert outcome.sent.waiting is not None
            assert outcome.sent.waiting.count == len(later)
            assert outcome.sent.waiting.until == min(later)
            assert issue_status(site, issue_of(site), now=moment).waiting == outcome.sent.waiting
    assert outcome.result is RunResult.SENT
    assert outcome.sent.waiting is None
    assert outcome.sent.counts[S.ACCEPTED] == outcome.sent.audience == len(ZONES)
    assert max(MORNINGS.values()) - MONDAY < DAY


async def test_the_waves_are_told_with_what_was_planned_accepted_and_is_left(made: Made) -> None:
    """In the report and the status: the hour, the readers' zones, and the counts."""
    site = await made()
    await run_at(site, MONDAY)
    first, second, *_others = waves = report(site, issue_of(site)).waves
    assert [wave.not_before for wave in waves] == sorted(set(MORNINGS.values()))
    assert (first.zones, first.planned, first.accepted, first.left) == (
        ("", "Europe/London"),
        2,
        2,
        0,
    )
    assert (second.zones, second.planned, second.left) == (("Pacific/Kiritimati",), 1, 1)
    assert issue_status(site, issue_of(site), now=MONDAY).waves == waves
    (listed,) = site_status(site, now=MONDAY).issues
    assert listed.waves == ()
    assert listed.waiting is not None


async def test_a_stop_stops_all_waves_and_a_resumed_send_goes_on_with_them(
    made: Made, catcher: Catcher
) -> None:
    """Nothing goes while it is stopped; what has come due meanwhile goes at once afterwards."""
    site = await made()
    await run_at(site, MONDAY)
    stop(site, "weekly", 1)
    await run_at(site, MONDAY + 12 * HOUR)
    assert len(catcher.caught) == 2
    outcome = await send_at(site, MONDAY + 12 * HOUR)
    assert (outcome.issue.state, len(catcher.caught)) == (State.SENDING, 5)
    assert outcome.waiting is not None
    assert outcome.waiting.count == 2
    stop(site, "weekly", 1)
    assert close(site, "weekly", 1, editor="ed@example.org", now=MONDAY + 12 * HOUR) == 2
    counts = issue_status(site, issue_of(site), now=MONDAY + 12 * HOUR)
    assert (counts.deliveries[S.EXPIRED], counts.deliveries[S.ACCEPTED], counts.waiting) == (
        2,
        5,
        None,
    )


async def test_who_leaves_between_the_waves_gets_nothing(made: Made, catcher: Catcher) -> None:
    """A reader who unsubscribed, and one whose address was blocked, after the first wave."""
    site = await made()
    await run_at(site, MONDAY)
    with site.database.transaction() as connection:
        people.remove(connection, "auckland@example.org", MONDAY + HOUR)
        suppression.suppress(connection, "midway@example.org", "asked", MONDAY + HOUR)
    outcome = await run_at(site, MONDAY + DAY)
    assert outcome.sent is not None
    assert outcome.result is RunResult.SENT
    assert outcome.sent.counts[S.SUPPRESSED] == 2
    assert set(recipients(catcher)) == set(ZONES) - {"auckland@example.org", "midway@example.org"}


async def test_a_reader_who_crosses_the_date_line_gets_each_issue_once(
    made: Made, catcher: Catcher
) -> None:
    """The planned moment is kept for this issue, and the new zone counts from the next one on."""
    site = await made()
    await run_at(site, MONDAY)
    move_to(site, "kiritimati@example.org", "Pacific/Midway")
    move_to(site, "midway@example.org", "Pacific/Kiritimati")
    await run_at(site, MONDAY + 10 * HOUR)
    assert recipients(catcher)["kiritimati@example.org"] == 1
    assert recipients(catcher)["midway@example.org"] == 0
    await run_at(site, MONDAY + DAY)
    publish(site.folder, *(MONDAY + WEEK - HOUR * ago for ago in (1, 2, 3)))
    await run_at(site, MONDAY + WEEK)
    await run_at(site, MONDAY + WEEK + 10 * HOUR)
    assert recipients(catcher)["midway@example.org"] == 2
    assert recipients(catcher)["kiritimati@example.org"] == 1
    await run_at(site, MONDAY + WEEK + DAY)
    assert recipients(catcher) == Counter(dict.fromkeys(ZONES, 2))
    assert states(site) == [State.SENT, State.SENT]


async def test_an_issue_sent_late_catches_up_and_one_sent_early_begins_then(
    made: Made, catcher: Catcher
) -> None:
    """Late: whose hour has passed since the due time gets it at once. Early: the hours count from then."""
    site = await made(approval="hold")
    await run_at(site, MONDAY)
    approve(site, "weekly", 1, now=MONDAY + 11 * HOUR)
    outcome = await send_at(site, MONDAY + 11 * HOUR)
    assert len(catcher.caught) == 5
    assert outcome.waiting is not None
    assert outcome.waiting.count == 2
    await send_at(site, MONDAY + DAY)
    publish(site.folder, *(MONDAY + DAY - HOUR * ago for ago in (1, 2, 3)))
    early = MONDAY + 4 * DAY
    await run_at(site, early)
    draft(site, "weekly", now=early)
    approve(site, "weekly", 2, now=early)
    outcome = await send_at(site, early)
    assert outcome.waiting is not None
    assert outcome.waiting.until == early + 10 * HOUR
    assert len(catcher.caught) == 7 + 2
    assert (await send_at(site, early + DAY)).issue.state is State.SENT


async def test_a_new_reader_gets_it_at_once_as_a_welcome(made: Made, catcher: Catcher) -> None:
    """Who joins between the waves is not in the plan, and need not wait for the next issue."""
    site = await made()
    await run_at(site, MONDAY)
    with site.database.transaction() as connection:
        number = people.find(connection, "home@example.org").id
        assert welcome_issue(site, connection, "weekly", number, MONDAY + HOUR) is None
        people.add(connection, "new@example.org", list_slug="weekly", now=MONDAY + HOUR)
        number = people.find(connection, "new@example.org").id
        message = welcome_issue(site, connection, "weekly", number, MONDAY + HOUR)
        assert message is not None
        assert b"To: new@example.org" in message
    outcome = await run_at(site, MONDAY + DAY)
    assert (outcome.result, recipients(catcher)["new@example.org"]) == (RunResult.SENT, 0)


async def test_what_watches_the_site_knows_that_waves_take_a_day(made: Made) -> None:
    """The metrics count what waits; a send counts as stuck a day after its last wave."""
    site = await made()
    await run_at(site, MONDAY)
    page = exposition(collect(site, MONDAY + HOUR))
    assert 'newsletter_waiting_for_hour{issue="weekly/1"} 5.0' in page
    with site.database.transaction(read_only=True) as connection:
        assert not sending_since(connection, before=max(MORNINGS.values()))
        assert sending_since(connection, before=max(MORNINGS.values()) + MINUTE)
    await run_at(site, MONDAY + DAY)
    assert "newsletter_waiting_for_hour{" not in exposition(collect(site, MONDAY + DAY))


async def test_waves_are_rehearsed_without_a_message(made: Made) -> None:
    """A rehearsal of the send names the waves; one of the coming weeks, when the last hour comes."""
    site = await made(approval="hold")
    await run_at(site, MONDAY)
    dry = dry_run_send(site, "weekly", None, out=None, now=MONDAY)
    assert {wave.not_before: wave.messages for wave in dry.waves} == Counter(MORNINGS.values())
    season = await asyncio.to_thread(rehearse, site, ["weekly"], weeks=1, past=1, now=MONDAY)
    assert [issue.last_hour for issue in season.issues] == [max(MORNINGS.values()) + WEEK]
    assert "the last readers' hour comes Tue 06:00" in "\n".join(season_lines(season, UTC_ZONE))


async def test_the_desk_says_the_hour_before_the_send(made: Made) -> None:
    """Where an issue is edited, previewed for a reader, and approved."""
    site = await made(approval="hold", url="http://127.0.0.1:8000")
    await run_at(site, MONDAY - HOUR)
    draft(site, "weekly", now=MONDAY - HOUR)

    async def work(browser: Browser) -> None:
        page = await browser.get("/desk/weekly/1")
        assert "to each reader at 07:00 of their own day" in page.words
        page = await browser.get("/desk/weekly/1/preview?as=kathmandu@example.org")
        assert "kathmandu@example.org gets it Tue 10 Mar, 01:15" in page.words
        page = await browser.get("/desk/weekly/1/publish")
        assert "the first 07:00 of their own day" in page.words
        await asyncio.to_thread(approve, site, "weekly", 1, now=MONDAY - HOUR)
        page = await browser.get("/desk/weekly/1/publish")
        assert "from now on, each at 07:00 of its reader’s own day" in page.words

    now = MONDAY - HOUR
    await asyncio.to_thread(visit, site, work, editor="ed@press.example.org", now=now)


async def test_nodes_send_wave_by_wave(tmp_path: Path, postgres_url: str) -> None:
    """The process that plans their batches ends when only later waves are left, and so does a stop."""
    async with fast_server(FastCatcher()) as catcher:
        site = await site_of_mornings(tmp_path, catcher.port, database=postgres_url)
        async with workers(site, MONDAY, 1):
            outcome = await run_at(site, MONDAY)
            assert outcome.sent is not None
            assert outcome.sent.waiting is not None
            assert (outcome.result, catcher.messages) == (RunResult.SENDING, 2)
        async with workers(site, MONDAY + DAY, 1):
            outcome = await run_at(site, MONDAY + DAY)
        site.database.close()
    assert (outcome.result, set(catcher.copies.values())) == (RunResult.SENT, {1})
    assert set(catcher.copies) == set(ZONES)


async def test_what_a_relay_defers_is_tried_again_between_the_waves(
    made: Made, catcher: Catcher
) -> None:
    """Its own time of retry counts, not the next wave's; no run waits for a wave."""
    site = await made()
    catcher.faults["london@example.org"] = "450 4.2.0 mailbox busy"
    first = await run_at(site, MONDAY)
    assert first.sent is not None
    assert first.sent.counts[S.DEFERRED] == 1
    catcher.faults.clear()
    again = await run_at(site, MONDAY + HOUR)
    assert again.sent is not None
    assert (again.sent.counts[S.DEFERRED], again.sent.counts[S.ACCEPTED]) == (0, 2)
    idle = await run_at(site, MONDAY + 2 * HOUR)
    assert idle.sent is not None
    assert idle.sent.report is None


async def send_at(site: Site, now: datetime) -> SendOutcome:
    """What `send` makes of the newest issue."""
    return await asyncio.to_thread(send, site, "weekly", None, clock=lambda: now)
