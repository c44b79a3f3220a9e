"""Killing a real sender: nobody is lost, nobody is mailed twice, and the sum stays right."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from newsletter.delivery.receipt import DeliveryState
from newsletter.store.database import Database
from newsletter.store.ledger import SqlLedger
from tests.factories.ledger import NOW, SentIssue, address_of, ledger_on, plant_issue, unknown_of
from tests.servers.smtp import Catcher, smtp_server

S = DeliveryState
ROOT = Path(__file__).parents[2]
CONNECTIONS = 4


async def start_sender(url: str, issue: SentIssue, port: int) -> asyncio.subprocess.Process:
    """A process of its own that sends the issue."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.factories.sending"),
        *(url, str(issue.issue_id), str(port), str(CONNECTIONS)),
        cwd=ROOT,
    )


async def finish(url: str, issue: SentIssue, port: int) -> None:
    """Send what is left, in a process of its own."""
    sender = await start_sender(url, issue, port)
    assert await sender.wait() == 0


async def kill_after(
    count: int, pause: float, catcher: Catcher, url: str, issue: SentIssue
) -> None:
    """Start a sender and kill it when `count` messages have come, and a moment more."""
    sender = await start_sender(url, issue, catcher.port)
    await catcher.has_caught(count)
    await asyncio.sleep(pause)
    sender.kill()
    await sender.wait()


async def send_with_kills(
    database: Database, url: str, *, readers: int, kills: int, seed: int
) -> tuple[Catcher, SqlLedger, list[int]]:
    """Send to all, killing the sender `kills` times; how many unknown each kill left."""
    random = Random(seed)  # noqa: S311 - where to kill, the same each time
    issue = plant_issue(database, [address_of(n) for n in range(1, readers + 1)])
    ledger = ledger_on(database, issue)
    ledger.plan({}, issue.edition_id, NOW)
    unknown: list[int] = []
    moments = sorted(random.sample(range(1, readers * 9 // 10), kills))
    async with smtp_server(Catcher()) as catcher:
        for moment in moments:
            await kill_after(moment, random.random() / 100, catcher, url, issue)
            ledger.recover(NOW)
            unknown.append(ledger.counts()[S.UNKNOWN] - sum(unknown))
        await finish(url, issue, catcher.port)
    return catcher, ledger, unknown


def assert_honest(catcher: Catcher, database: Database, ledger: SqlLedger, readers: int) -> None:
    """Accepted has one message, unknown at most one, and there is nothing else."""
    copies = Counter(catcher.recipients)
    uncertain = {address_of(number) for number in unknown_of(database)}
    everybody = {address_of(n) for n in range(1, readers + 1)}
    assert {address for address, count in copies.items() if count > 1} == set()
    assert everybody - uncertain <= set(copies) <= everybody
    assert ledger.counts()[S.ACCEPTED] == readers - len(uncertain)
    assert ledger.is_conserved(readers)
    assert ledger.counts() == ledger.counted()


@pytest.mark.parametrize(
    ("database_url", "readers", "kills"),
    [("sqlite", 300, 5), ("postgres", 150, 2)],
    indirect=["database_url"],
)
async def test_killed_again_and_again_it_loses_nobody_and_repeats_nobody(
    database: Database, database_url: str, readers: int, kills: int
) -> None:
    """What a kill leaves unknown is never more than the open connections."""
    catcher, ledger, unknown = await send_with_kills(
        database, database_url, readers=readers, kills=kills, seed=7
    )
    assert_honest(catcher, database, ledger, readers)
    # In all, not for each kill: PostgreSQL may notice a client's death only after the next one.
    assert sum(unknown) <= CONNECTIONS * kills


async def test_two_processes_at_once_send_each_message_once(
    database: Database, database_url: str
) -> None:
    """Rule 6, across processes: neither takes what the other holds."""
    issue = plant_issue(database, [address_of(n) for n in range(1, 1501)])
    ledger = ledger_on(database, issue)
    ledger.plan({}, issue.edition_id, NOW)
    async with smtp_server(Catcher(mail_waits_for=2 * CONNECTIONS)) as catcher:
        await asyncio.gather(*(finish(database_url, issue, catcher.port) for _ in range(2)))
    assert len(catcher.recipients) == len(set(catcher.recipients)) == 1500
    assert catcher.connections == 2 * CONNECTIONS
    assert ledger.is_conserved(1500)
