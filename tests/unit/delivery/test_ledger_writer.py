from __future__ import annotations

import asyncio
from collections.abc import Collection
from functools import partial
from threading import current_thread

import pytest

from newsletter.delivery.ledger_writer import LedgerWriter
from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.errors import TemporaryError
from newsletter.store.database import Database
from newsletter.store.ledger import SqlLedger
from subscribers.audience import audience
from tests.factories.ledger import LIST, NOW, make_receipt, planned_ledger, states_of
from tests.factories.sending import send
from tests.servers.smtp import Catcher, smtp_server

S = DeliveryState


class FailingLedger(SqlLedger):
    """A ledger whose database is busy from the write on that `writes` counts down to."""

    writes = 10**9

    def write(self, *, receipts: Collection[Receipt], intents: Collection[int]) -> frozenset[int]:
        """Write, while writes are left."""
        self.writes -= 1
        if self.writes < 0:
            raise TemporaryError("the database is busy")
        return super().write(receipts=receipts, intents=intents)


def failing_ledger(database: Database, readers: int) -> FailingLedger:
    """A ledger that can fail, of a new issue with so many pending deliveries."""
    planned_ledger(database, readers=readers)
    return FailingLedger(database, 1, partial(audience, LIST))


async def test_what_gathers_is_committed_together(sqlite_database: Database) -> None:
    """Intents of several connections and a receipt take one transaction."""
    ledger = failing_ledger(sqlite_database, readers=4)
    kept: list[Receipt] = []
    books = LedgerWriter(ledger, kept.append)
    with ledger.on_duty():
        ledger.claim(4, NOW)
        writer = asyncio.create_task(books.run())
        assert await books.intend(1)
        before = ledger.writes
        books.keep(make_receipt(1))
        assert await asyncio.gather(*(books.intend(n) for n in (2, 3))) == [True, True]
        assert before - ledger.writes == 1
        books.close()
        await writer
        books.end_threads()
    assert [receipt.subscriber_id for receipt in kept] == [1]
    assert states_of(sqlite_database) == {
        1: S.ACCEPTED,
        2: S.TRANSMITTING,
        3: S.TRANSMITTING,
        4: S.CLAIMED,
    }


async def test_an_intent_for_a_row_that_is_not_ours_is_refused(sqlite_database: Database) -> None:
    """Nobody claimed reader 1: no dot may be written for her."""
    ledger = planned_ledger(sqlite_database, readers=1)
    books = LedgerWriter(ledger, lambda _receipt: None)
    with ledger.on_duty():
        writer = asyncio.create_task(books.run())
        assert await books.intend(1) is False
        books.close()
        await writer
        books.end_threads()


async def test_an_intent_for_a_far_relay_waits_for_no_thread(sqlite_database: Database) -> None:
    """It is written in the next turn of the loop; with one for a near relay a thread does it."""
    ledger = planned_ledger(sqlite_database, readers=3)
    threads: list[str] = []
    write = ledger.write

    def write_and_tell(*, receipts: list[Receipt], intents: list[int]) -> frozenset[int]:
        threads.append(current_thread().name.partition("_")[0])
        return write(receipts=receipts, intents=intents)

    ledger.write = write_and_tell  # type: ignore[assignment, method-assign]  # of this one
    books = LedgerWriter(ledger, lambda _receipt: None)
    with ledger.on_duty():
        ledger.claim(3, NOW)
        writer = asyncio.create_task(books.run())
        far = books.intend(1, is_far=True)
        await asyncio.sleep(0)
        assert far.result() is True
        both = books.intend(2, is_far=True), books.intend(3)
        assert await asyncio.gather(*both) == [True, True]
        books.close()
        await writer
        books.end_threads()
    assert threads == ["MainThread", "intents"]


async def test_a_far_intent_that_cannot_be_written_ends_the_run(sqlite_database: Database) -> None:
    """As any other: no dot, and the run raises the ledger's error."""
    ledger = failing_ledger(sqlite_database, readers=1)
    ledger.writes = 0
    books = LedgerWriter(ledger, lambda _receipt: None)
    with ledger.on_duty():
        ledger.claim(1, NOW)
        writer = asyncio.create_task(books.run())
        with pytest.raises(asyncio.CancelledError):
            await books.intend(1, is_far=True)
        with pytest.raises(TemporaryError, match="busy"):
            await writer
        books.end_threads()


@pytest.mark.parametrize("writes", [0, 1, 5])
async def test_without_books_nothing_is_sent(sqlite_database: Database, writes: int) -> None:
    """When the ledger cannot be written the run ends with its error, and nobody is repeated."""
    ledger = failing_ledger(sqlite_database, readers=40)
    ledger.writes = writes
    async with smtp_server(Catcher()) as catcher:
        with pytest.raises(TemporaryError, match="busy"):
            await send(ledger, catcher.relay())
        sent_before = len(catcher.caught)
        assert sent_before <= 2 * writes
        ledger.writes = 10**9
        await send(ledger, catcher.relay())
    assert len(catcher.recipients) == len(set(catcher.recipients))
    counts = ledger.counts()
    assert counts[S.ACCEPTED] + counts[S.UNKNOWN] == 40
    assert counts[S.UNKNOWN] <= 2
