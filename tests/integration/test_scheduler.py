"""The scheduler inside `serve`, on a clock that a test turns."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from newsletter.issues.issue import State
from newsletter.pipeline.site import Site
from newsletter.scheduler import scheduling
from newsletter.store.newsletters import passed
from tests.factories.runs import HOUR, MONDAY, THURSDAY, WEEK, states
from tests.factories.site import READERS, make_site, publish
from tests.servers.smtp import Catcher, smtp_server

EVERY = timedelta(milliseconds=20)


class TurningClock:
    """Stands at a moment until the site has dealt with it, then turns to the next."""

    def __init__(self, site: Site, start: datetime) -> None:
        self.site = site
        self.now = start
        self._asked = threading.Event()

    def __call__(self) -> datetime:
        """The moment it stands at."""
        self._asked.set()
        return self.now

    async def turn(self, *moments: datetime) -> None:
        """Stand at each moment until a run found nothing left to do at it."""
        for moment in moments:
            self.now = moment
            await asyncio.to_thread(self._wait)

    def _wait(self) -> None:
        while True:
            self._asked.clear()
            assert self._asked.wait(30), "the scheduler has stopped"
            with self.site.database.transaction(read_only=True) as connection:
                looked = passed(connection, "weekly")
            if looked == self.now and State.SENDING not in states(self.site):
                return


def through(start: datetime, end: datetime, step: timedelta) -> list[datetime]:
    """Every step from start to end, the end included."""
    return [start + number * step for number in range((end - start) // step + 1)]


@pytest_asyncio.fixture
async def catcher() -> AsyncIterator[Catcher]:
    """A mail server that takes everything."""
    async with smtp_server(Catcher()) as catcher:
        yield catcher


@pytest.mark.parametrize(
    ("zone", "autumn", "spring", "at"),
    [
        ("Europe/London", "2026-10-25", "2027-03-28", "30 1"),
        ("Europe/Berlin", "2026-10-25", "2027-03-28", "30 2"),
        ("America/New_York", "2026-11-01", "2027-03-14", "30 1"),
        ("Australia/Lord_Howe", "2027-04-04", "2026-10-04", "45 1"),
    ],
)
@pytest.mark.parametrize("season", ["autumn", "spring"])
async def test_the_night_on_which_the_clocks_change_has_one_issue(
    tmp_path: Path,
    catcher: Catcher,
    zone: str,
    autumn: str,
    spring: str,
    at: str,
    season: str,
) -> None:
    """In autumn its hour comes twice, in spring not at all: readers get it once."""
    day = autumn if season == "autumn" else spring
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    joined = midnight - timedelta(days=3)
    schedule = f"{at} * * sun"
    if season == "spring":
        schedule = {"America/New_York": "30 2", "Australia/Lord_Howe": "15 2"}.get(zone, at)
        schedule += " * * sun"
    site = make_site(tmp_path, now=joined, port=catcher.port, timezone=zone, schedule=schedule)
    publish(tmp_path, joined + HOUR, joined + 2 * HOUR)
    night = through(midnight - HOUR, midnight + 5 * HOUR, timedelta(minutes=15))
    clock = TurningClock(site, joined)
    with scheduling(site, clock=clock, every=EVERY):
        await clock.turn(joined, *night)
    assert states(site) == [State.SENT]
    assert sorted(catcher.recipients) == sorted(READERS)


async def test_a_machine_that_slept_over_the_hour_sends_when_it_wakes(
    tmp_path: Path, catcher: Catcher
) -> None:
    """APScheduler alone would call it a misfire and leave the week out."""
    site = make_site(tmp_path, now=THURSDAY, port=catcher.port)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    clock = TurningClock(site, THURSDAY + HOUR)
    with scheduling(site, clock=clock, every=EVERY):
        await clock.turn(THURSDAY + HOUR, MONDAY - HOUR, MONDAY + 3 * HOUR)
    assert states(site) == [State.SENT]
    assert sorted(catcher.recipients) == sorted(READERS)


async def test_two_processes_on_one_site_send_each_issue_once(
    tmp_path: Path, catcher: Catcher
) -> None:
    """Two schedulers with two job stores and one database: its key makes it once."""
    readers = tuple(f"reader{number}@example.org" for number in range(40))
    site = make_site(tmp_path, now=THURSDAY, port=catcher.port, readers=readers)
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    clock = TurningClock(site, THURSDAY + HOUR)
    with (
        scheduling(site, clock=clock, every=EVERY),
        scheduling(site, clock=clock, every=EVERY),
    ):
        await clock.turn(THURSDAY + HOUR)
        for week in range(3):
            await clock.turn(MONDAY + week * WEEK)
            publish(tmp_path, MONDAY + week * WEEK + HOUR, MONDAY + week * WEEK + 2 * HOUR)
    assert states(site) == [State.SENT] * 3
    assert sorted(catcher.recipients) == sorted(readers * 3)


async def test_two_sites_in_one_folder_both_send(tmp_path: Path, catcher: Catcher) -> None:
    """Two SQLite databases side by side, each with a scheduler of its own."""
    readers = ("first@example.org", "second@example.org")
    sites = [
        make_site(
            tmp_path,
            now=THURSDAY,
            port=catcher.port,
            readers=(reader,),
            database=f"sqlite:///{reader[:-12]}.db",
        )
        for reader in readers
    ]
    publish(tmp_path, THURSDAY, THURSDAY + HOUR)
    clocks = [TurningClock(site, THURSDAY + HOUR) for site in sites]
    with (
        scheduling(sites[0], clock=clocks[0], every=EVERY),
        scheduling(sites[1], clock=clocks[1], every=EVERY),
    ):
        for clock in clocks:
            await clock.turn(THURSDAY + HOUR, MONDAY)
    assert [states(site) for site in sites] == [[State.SENT]] * 2
    assert sorted(catcher.recipients) == sorted(readers)
