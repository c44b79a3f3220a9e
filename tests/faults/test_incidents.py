"""What happens to the machine and the site: signals, a full disk, a locked database, clocks."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import signal
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

import newsletter.store.database
import newsletter.store.ledger.journal
from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.errors import DatabaseUnavailableError, TemporaryError
from newsletter.store.database import Database, open_database
from tests.factories.ledger import (
    NOW,
    address_of,
    ledger_on,
    planned_ledger,
    plant_issue,
    states_of,
    unsubscribe,
)
from tests.factories.runs import HOUR, MONDAY, THURSDAY
from tests.factories.sending import main as send_in_process
from tests.factories.sending import send
from tests.factories.site import make_site, publish
from tests.faults import page
from tests.faults.honesty import Comparison, compare
from tests.faults.rounds import PATIENCE, READERS, SIGNALS
from tests.faults.tables import empty_tables
from tests.servers.fast_smtp import FastCatcher, Spoilt, fast_server

CONNECTIONS = 4
COMMAND = Path(sys.executable).parent / "newsletter"
S = DeliveryState
_STARTS = multiprocessing.get_context("forkserver")


def note(what: str, database: Database, came: str, end: Comparison) -> None:
    """For the page, once it has held."""
    assert end.is_honest, end
    page.incidents.append((what, database.engine.dialect.name, f"{came}; lost 0, repeated 0"))


def size_of(path: str) -> int:
    """Octets in the file."""
    return Path(path).stat().st_size


def send_on_a_small_disk(url: str, issue_id: str, port: str, limit: int) -> None:
    """In a process of its own: no file may grow beyond `limit` octets."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a full disk is an error, not a death
    newsletter.store.ledger.journal.ALLOCATED = (
        limit // 4
    )  # so that it is the database that has no room
    try:
        send_in_process(url, issue_id, port, str(CONNECTIONS))
    except DatabaseUnavailableError:
        os._exit(69)


async def test_a_full_disk_stops_the_send_and_the_next_finishes_it(
    sqlite_database: Database, sqlite_url: str
) -> None:
    """What was on its way is unknown at most; nothing is lost, nothing repeated."""
    issue = plant_issue(sqlite_database, [address_of(n) for n in range(1, READERS + 1)])
    ledger = ledger_on(sqlite_database, issue)
    ledger.plan({}, issue.edition_id, NOW)
    used = size_of(sqlite_url.removeprefix("sqlite:///") + "-wal")
    async with fast_server(FastCatcher()) as catcher:
        sender = _STARTS.Process(
            target=send_on_a_small_disk,
            args=(sqlite_url, str(issue.issue_id), str(catcher.port), used + 100_000),
        )
        await asyncio.to_thread(sender.start)
        await asyncio.to_thread(sender.join, 60)
        assert sender.exitcode == 69
        first = catcher.messages
        assert 0 < first < READERS
        unknown = ledger.recover(NOW).unknown
        assert unknown <= CONNECTIONS
        await send(ledger, catcher.relay())
    came = f"exit 69 after {first} of {READERS}, {unknown} unknown; the next send did the rest"
    note("the disk is full", sqlite_database, came, compare(sqlite_database, catcher.copies))


async def test_a_database_that_stays_locked_ends_the_run_and_loses_nobody(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program holds SQLite's write lock for longer than we wait."""
    monkeypatch.setattr(newsletter.store.database, "BUSY_SECONDS", 0.3)
    database = open_database(sqlite_url, Path())
    ledger = planned_ledger(database, readers=READERS)
    other = open_database(sqlite_url, Path())
    async with fast_server(FastCatcher()) as catcher:
        sending = asyncio.create_task(send(ledger, catcher.relay()))
        await catcher.has_caught(READERS // 4)
        with other.transaction(), pytest.raises(TemporaryError, match="busy"):
            await sending
        first = catcher.messages
        unknown = ledger.recover(NOW).unknown
        assert unknown <= CONNECTIONS
        await send(ledger, catcher.relay())
    came = f"“run it again” after {first} of {READERS}, {unknown} unknown; the next did the rest"
    note("the database is locked", database, came, compare(database, catcher.copies))
    database.close()
    other.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["TERM", "INT"])
async def test_a_signal_ends_the_command_within_ten_seconds(
    tmp_path: Path, number: signal.Signals
) -> None:
    """Messages in flight are finished, the rest is given back; nothing is unknown."""
    random = Random(5)  # noqa: S311 - when to signal
    longest = 0.0
    for turn in range(SIGNALS):
        folder = tmp_path / str(turn)
        folder.mkdir()
        catcher = FastCatcher(plan=lambda _stage, _recipient: Spoilt(delay=0.002))
        async with fast_server(catcher):
            readers = tuple(address_of(n) for n in range(1, 301))
            site = make_site(folder, now=THURSDAY, port=catcher.port, readers=readers)
            publish(folder, THURSDAY, THURSDAY + HOUR)
            command = (COMMAND, "-C", folder, "run", "--now")
            await _exit_code(*command, (THURSDAY + HOUR).isoformat())
            run = await asyncio.create_subprocess_exec(*command, MONDAY.isoformat())
            await asyncio.wait_for(catcher.has_caught(random.randrange(1, 200)), timeout=PATIENCE)
            run.send_signal(number)
            began = time.monotonic()
            assert await asyncio.wait_for(run.wait(), timeout=10) == 75
            longest = max(longest, time.monotonic() - began)
            assert set(states_of(site.database).values()) == {S.ACCEPTED, S.PENDING}
            assert await _exit_code(*command, MONDAY.isoformat()) == 0
        end = compare(site.database, catcher.copies)
        assert end.is_honest, end
        site.database.close()
    came = f"{SIGNALS} runs left within {longest:.1f} s with exit 75, nothing unknown"
    page.incidents.append((f"SIG{number.name[3:]}", "sqlite", f"{came}; lost 0, repeated 0"))


async def _exit_code(*command: object) -> int:
    process = await asyncio.create_subprocess_exec(*map(str, command))
    return await asyncio.wait_for(process.wait(), timeout=PATIENCE)


async def test_two_senders_at_once_one_of_them_killed(
    database: Database, database_url: str
) -> None:
    """Rule 6: each message once, also from two processes, also when one of them dies."""
    issue = plant_issue(database, [address_of(n) for n in range(1, READERS + 1)])
    ledger = ledger_on(database, issue)
    ledger.plan({}, issue.edition_id, NOW)
    async with fast_server(FastCatcher()) as catcher:
        arguments = (database_url, str(issue.issue_id), str(catcher.port), str(CONNECTIONS))
        senders = [_STARTS.Process(target=send_in_process, args=arguments) for _ in range(2)]
        for sender in senders:
            await asyncio.to_thread(sender.start)
        await asyncio.wait_for(catcher.has_caught(READERS // 3), timeout=PATIENCE)
        senders[0].kill()
        for sender in senders:
            await asyncio.to_thread(sender.join, 60)
        await send(ledger, catcher.relay())
    end = compare(database, catcher.copies)
    assert end.unknown <= CONNECTIONS
    came = f"the other did its work, {end.unknown} unknown"
    note("two senders at once, one killed", database, came, end)


async def test_a_clock_that_jumps_repeats_nobody(database: Database) -> None:
    """Days ahead and back between any two looks at it, with some readers deferred."""
    random = Random(3)  # noqa: S311 - how far
    ledger = planned_ledger(database, readers=READERS // 2)

    def clock() -> datetime:
        return NOW + timedelta(hours=random.choice([-30, -1, 0, 0, 1, 24]))

    def greylist(stage: object, recipient: str) -> Spoilt | None:
        is_new = recipient and recipient not in greeted and recipient.startswith("reader1")
        if stage != "RCPT" or not is_new:
            return None
        greeted.add(recipient)
        return Spoilt(reply="450 4.7.1 Greylisted")

    greeted: set[str] = set()
    async with fast_server(FastCatcher(plan=greylist)) as catcher:
        for _ in range(5):
            await send(ledger, catcher.relay(), clock=clock, expire_after=timedelta(days=30))
        await send(ledger, catcher.relay(), now=NOW + timedelta(days=3))
    end = compare(database, catcher.copies)
    assert end.accepted == READERS // 2
    note("the clock jumps by days", database, "everybody got it", end)


async def test_whoever_leaves_meanwhile_gets_nothing_more(database: Database) -> None:
    """Readers unsubscribe while the issue is sent: suppressed, and no copy after that."""
    empty_tables(database)
    ledger = planned_ledger(database, readers=200)
    left: list[int] = []
    copies_then: dict[int, int] = {}

    def leave(receipt: Receipt) -> None:
        leaver = 200 - len(left)
        if receipt.subscriber_id % 10 == 0 and leaver > 150:
            unsubscribe(database, leaver)
            left.append(leaver)
            copies_then[leaver] = catcher.copies[address_of(leaver)]

    async with fast_server(FastCatcher()) as catcher:
        await send(ledger, catcher.relay(connections=1, rate="40/s"), progress=leave)
    states = states_of(database)
    gone = [number for number in left if states[number] is S.SUPPRESSED]
    assert gone
    assert all(not catcher.copies[address_of(number)] for number in gone)
    came = f"{len(left)} left, {len(gone)} of them before their turn and got nothing"
    note("readers unsubscribe meanwhile", database, came, compare(database, catcher.copies))
