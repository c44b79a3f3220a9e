"""kill -9 at random moments: a real process, a real server, a real database."""

from __future__ import annotations

import asyncio
import multiprocessing
from dataclasses import dataclass
from random import Random

from newsletter.delivery.classify import Stage
from newsletter.store.database import Database
from newsletter.store.ledger import SqlLedger, journal
from tests.factories.ledger import NOW, SentIssue
from tests.factories.sending import main, send
from tests.faults.honesty import Comparison, compare
from tests.faults.rounds import PATIENCE
from tests.servers.fast_smtp import FastCatcher, fast_server, slow_at

CONNECTIONS = 8
FAR_RELAY = slow_at(Stage.DATA, 0.006)
"""To which a sender writes its books in another way."""

_STARTS = multiprocessing.get_context("forkserver")
_STARTS.set_forkserver_preload(["tests.factories.sending"])


@dataclass(frozen=True, kw_only=True, slots=True)
class Kill:
    """What one kill left: after how many messages, how many unknown, and the end of it all."""

    after: int
    unknown: int
    end: Comparison


def send_in_process(*arguments: str) -> None:
    """As a program, with a journal that is often begun anew."""
    journal.ALLOCATED = 4_000
    main(*arguments)


async def kill_sender(
    arguments: list[str], catcher: FastCatcher, *, after: int, pause: float
) -> None:
    """Start a sender in a process of its own, and kill it so long after so many messages in all."""
    sender = _STARTS.Process(target=send_in_process, args=arguments)
    await asyncio.to_thread(sender.start)
    await asyncio.wait_for(catcher.has_caught(after), timeout=PATIENCE)
    await asyncio.sleep(pause)
    sender.kill()
    await asyncio.to_thread(sender.join)
    sender.close()


async def kill_once(
    database: Database,
    url: str,
    ledger: SqlLedger,
    issue: SentIssue,
    readers: int,
    random: Random,
    *,
    is_far: bool,
) -> Kill:
    """Kill a sender at a random moment, let another finish, and compare.

    To a relay that `is_far` it sends what a thread has made.
    """
    moment, pause = random.randrange(readers), random.random() / 100
    async with fast_server(FastCatcher(plan=FAR_RELAY) if is_far else FastCatcher()) as catcher:
        arguments = [url, str(issue.issue_id), str(catcher.port), str(CONNECTIONS)]
        arguments += ["signs_slowly"] if is_far else []
        await kill_sender(arguments, catcher, after=moment, pause=pause)
        after = catcher.messages
        unknown = ledger.recover(NOW).unknown
        await send(ledger, catcher.relay(connections=CONNECTIONS))
    return Kill(after=after, unknown=unknown, end=compare(database, catcher.copies))
