"""kill -9 over 24 waves: lost 0, repeated 0, and nobody gets a copy before the hour of their own day."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time, timedelta
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from newsletter.issues.morning import mornings
from newsletter.store.database import Database
from newsletter.store.ledger import counts_match, waiting, waves_of
from subscribers.tables import subscribers
from tests.factories.ledger import NOW, address_of, ledger_on, plant_issue
from tests.factories.sending import send
from tests.faults import page
from tests.faults.honesty import compare
from tests.faults.kills import CONNECTIONS, kill_sender
from tests.faults.rounds import WAVE_KILLS, WAVE_READERS
from tests.faults.tables import empty_tables
from tests.servers.fast_smtp import FastCatcher, fast_server

ZONES = [f"Etc/GMT{hours:+d}" for hours in range(-12, 12)]
"""One for each hour of the day; reader n is in the n-th, and so on round."""

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
async def test_waves_with_killed_senders_reach_everybody_once_and_nobody_early(
    database: Database, database_url: str
) -> None:
    """Each wave is asked for a second early and sent at its hour, by senders that are often killed."""
    random = Random(4)  # noqa: S311 - where to kill, the same each time
    empty_tables(database)
    issue = plant_issue(database, [address_of(n) for n in range(1, WAVE_READERS + 1)])
    with database.transaction() as connection:
        for number, zone in enumerate(ZONES):
            of_zone = subscribers.c.id % len(ZONES) == number
            connection.execute(sa.update(subscribers).where(of_zone).values(time_zone=zone))
    ledger = ledger_on(database, issue)
    hour = partial(mornings, hour=time(7), home=ZoneInfo("UTC"), start=NOW)
    assert ledger.plan({}, issue.edition_id, NOW, hour) == WAVE_READERS
    moments = sorted(set(hour(ZONES).values()))
    assert len(moments) == len(ZONES)
    kills = Counter(random.randrange(len(moments)) for _ in range(WAVE_KILLS))
    unknown = 0
    async with fast_server(FastCatcher()) as catcher:
        arguments = [database_url, str(issue.issue_id), str(catcher.port), str(CONNECTIONS)]
        for number, moment in enumerate(moments):
            await send(ledger, catcher.relay(connections=CONNECTIONS), now=moment - SECOND)
            assert not _early(catcher.copies, hour(ZONES), moment - SECOND)
            for _ in range(kills[number]):
                left = WAVE_READERS // len(ZONES) // (2 * kills[number])
                after = catcher.messages + random.randrange(left)
                pause = random.random() / 100
                at = [*arguments, f"at={moment.isoformat()}"]
                await kill_sender(at, catcher, after=after, pause=pause)
                unknown += ledger.recover(moment).unknown
            await send(ledger, catcher.relay(connections=CONNECTIONS), now=moment)
            assert not _early(catcher.copies, hour(ZONES), moment)
    end = compare(database, catcher.copies)
    assert end.is_honest, end
    assert (end.readers, end.unknown) == (WAVE_READERS, unknown)
    assert unknown <= CONNECTIONS * WAVE_KILLS
    with database.transaction(read_only=True) as connection:
        assert counts_match(connection, issue.issue_id)
        assert waiting(connection, issue.issue_id, moments[-1]) is None
        waves = waves_of(connection, issue.issue_id)
    assert sum(wave.planned for wave in waves) == WAVE_READERS
    assert sum(wave.accepted for wave in waves) == end.accepted
    page.incidents.append(
        (
            f"{WAVE_READERS:,} readers in {len(moments)} waves, senders killed {WAVE_KILLS} times",
            database.engine.dialect.name,
            f"lost {end.lost}, repeated {end.repeated}, unknown {end.unknown}, before the hour 0",
        )
    )


def _early(copies: Counter[str], hours: dict[str, datetime], now: datetime) -> list[str]:
    """Who has a copy although their hour has not come."""
    waits = {number for number, zone in enumerate(ZONES) if hours[zone] > now}
    return [
        address_of(number)
        for number in range(1, WAVE_READERS + 1)
        if number % len(ZONES) in waits and copies[address_of(number)]
    ]
