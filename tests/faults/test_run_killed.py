"""`newsletter run` twice at once and killed at random, week after week: each issue is sent once.

Five weeks in the suite; `make faults` lives through fifty.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

import pytest_asyncio

from newsletter.issues.issue import State
from newsletter.result_codes import FINDINGS, OK, TEMPORARY
from newsletter.site.site import Site
from newsletter.store.issues import find_issue, issue_id
from newsletter.store.ledger import unknown_rows
from subscribers.audience import audience
from tests.factories.runs import HOUR, MONDAY, THURSDAY, WEEK, states
from tests.factories.site import make_site, publish
from tests.faults.rounds import PATIENCE
from tests.servers.smtp import Catcher, smtp_server

ROUNDS = int(os.environ.get("NEWSLETTER_FAULT_ROUNDS", "5"))
COMMAND = Path(sys.executable).parent / "newsletter"
READERS = tuple(f"reader{number}@example.org" for number in range(30))
KILLED = -9


@pytest_asyncio.fixture
async def catcher() -> AsyncIterator[Catcher]:
    """A mail server that takes everything."""
    async with smtp_server(Catcher()) as catcher:
        yield catcher


@dataclass(frozen=True, kw_only=True, slots=True)
class Week:
    """What happened in one round: every exit code, and who is in doubt."""

    codes: list[int]
    killed: int
    copies: Counter[str]
    uncertain: set[str]


async def start_run(site: Site, now: datetime) -> asyncio.subprocess.Process:
    """`newsletter run` as cron starts it, in a process of its own."""
    return await asyncio.create_subprocess_exec(
        *(COMMAND, "-C", site.folder, "run", "--now", now.isoformat()),
        env={k: v for k, v in os.environ.items() if not k.startswith("NEWSLETTER__")},
    )


async def live_through(site: Site, catcher: Catcher, now: datetime, chance: Random) -> Week:
    """Two runs at once, one or both of them killed somewhere; then cron until all is done."""
    before = len(catcher.caught)
    runs = [await start_run(site, now) for _ in range(2)]
    victims = chance.sample(runs, chance.choice([0, 1, 1, 2]))
    if victims:
        if chance.random() < 0.3:  # somewhere before the first message
            await asyncio.sleep(chance.random() * 2)
        else:
            with suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await catcher.has_caught(before + chance.randrange(1, len(READERS)))
        for victim in victims:
            with suppress(ProcessLookupError):
                victim.kill()
    async with asyncio.timeout(PATIENCE):
        codes = [await process.wait() for process in runs]
    killed = codes.count(KILLED)
    for attempt in range(4):
        process = await start_run(site, now + (attempt + 1) * HOUR / 4)
        async with asyncio.timeout(PATIENCE):
            codes.append(await process.wait())
        if codes[-1] == OK:
            break
    return Week(
        codes=codes,
        killed=killed,
        copies=Counter(catcher.recipients[before:]),
        uncertain=addresses_in_doubt(site),
    )


def addresses_in_doubt(site: Site) -> set[str]:
    """Readers of the newest issue of whom nobody can say whether they have it."""
    with site.database.transaction(read_only=True) as connection:
        issue = find_issue(connection, "weekly", None)
        unknown = unknown_rows(connection, issue_id(connection, issue))
        rows = connection.execute(audience("weekly", MONDAY)).all()
    address = {row.subscriber_id: row.address for row in rows}
    return {address[row.subscriber_id] for row in unknown}


async def test_each_due_issue_is_sent_once_whatever_is_killed(
    tmp_path: Path, catcher: Catcher
) -> None:
    """Nobody has two copies; who has none is named as unknown, and only where a run was killed."""
    chance = Random(11)  # noqa: S311 - a seed, so that it repeats
    site = make_site(tmp_path, now=THURSDAY, port=catcher.port, readers=READERS)
    await (await start_run(site, THURSDAY)).wait()
    weeks = []
    for number in range(ROUNDS):
        now = MONDAY + number * WEEK
        publish(tmp_path, now - 3 * HOUR, now - 2 * HOUR)
        weeks.append(await live_through(site, catcher, now, chance))
    doubtful = sum(len(week.uncertain) for week in weeks)
    kills = sum(week.killed for week in weeks)
    print(f"{ROUNDS} issues, {kills} kills, {len(catcher.caught)} messages, {doubtful} in doubt")
    assert states(site) == [State.SENT] * ROUNDS
    for week in weeks:
        assert set(week.codes) <= {OK, FINDINGS, TEMPORARY, KILLED}
        assert week.codes[-1] == OK
        assert max(week.copies.values()) == 1
        assert set(READERS) - week.uncertain <= set(week.copies)
        assert week.killed or not week.uncertain
