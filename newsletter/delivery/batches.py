"""The batches of a sending node: one run works through them for as long as they arrive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from newsletter.delivery.ledger import Claimed, RangedLedger, Recovery, Within
from newsletter.delivery.receipt import Receipt


@dataclass(kw_only=True, eq=False)
class _Batch:
    """`held` are its unfinished claims; `is_claimed` is set when it has no more to claim."""

    within: Within
    end: asyncio.Future[bool]
    has_begun: bool = False
    is_claimed: bool = False
    held: set[int] = field(default_factory=set)


class Batches:
    """A ledger that claims only within the given batches, and notes when each is finished.

    A delivery that waits for its domain's turn does not delay its batch: the run sends it later
    or has postponed it. The run calls this in the ledger's threads, and the node's event loop
    adds batches.
    """

    def __init__(self, ledger: RangedLedger) -> None:
        self.is_open = True
        self._ledger = ledger
        self._loop = asyncio.get_running_loop()
        self._lock = Lock()
        self._batches: list[_Batch] = []
        self._parked: set[int] = set()
        self._notify: Callable[[], None] = lambda: None

    @property
    def held(self) -> int:
        """How many deliveries are claimed and unfinished."""
        with self._lock:
            return len(self._parked) + sum(len(batch.held) for batch in self._batches)

    @property
    def is_empty(self) -> bool:
        """Whether every batch is finished and nothing waits for its domain's turn."""
        return not self._batches and not self._parked

    def attach(self, notify: Callable[[], None]) -> None:
        """Have `notify` called when there may be more to claim, and when no more will come."""
        self._notify = notify

    async def send(self, within: Within) -> bool:
        """Have the run send the batch; False when the run ended before the batch was finished."""
        batch = _Batch(within=within, end=self._loop.create_future())
        with self._lock:
            if not self.is_open:
                return False
            self._batches.append(batch)
        self._notify()
        return await batch.end

    def close(self) -> None:
        """Accept no more batches, and let the run end when all are finished."""
        self.is_open = False
        self._notify()

    def abandon(self) -> None:
        """End all unfinished batches after the run: other nodes will send their deliveries."""
        self.close()
        with self._lock:
            batches, self._batches = self._batches, []
        for batch in batches:
            _end(batch, is_finished=False)

    # The ledger, as the run uses it

    @property
    def writes_at_once(self) -> bool:
        """As the ledger."""
        return self._ledger.writes_at_once

    def on_duty(self) -> AbstractContextManager[None]:
        """As the ledger."""
        return self._ledger.on_duty()

    def claim(self, limit: int, now: datetime) -> Claimed:
        """Claim up to `limit` deliveries of the oldest batch that has some."""
        with self._lock:
            batches = [batch for batch in self._batches if not batch.is_claimed]
        for batch in batches:
            if not batch.has_begun:
                self._ledger.recover(now)  # a node that had the batch before may have died
                batch.has_begun = True
            claimed = self._ledger.claim(limit, now, batch.within)
            with self._lock:
                ids = {claim.subscriber_id for claim in claimed.claims}
                batch.held |= ids
                batch.is_claimed = not ids and not claimed.suppressed
                self._end_finished()
            if ids or claimed.suppressed:
                return claimed
        return Claimed(claims=(), suppressed=0)

    def write(self, *, receipts: Sequence[Receipt], intents: Sequence[int]) -> frozenset[int]:
        """As the ledger; deliveries with a receipt, or no longer ours, are finished here."""
        confirmed = self._ledger.write(receipts=receipts, intents=intents)
        self._finish(receipt.subscriber_id for receipt in receipts)
        self._finish(number for number in intents if number not in confirmed)
        return confirmed

    def post(self) -> None:
        """As the ledger."""
        self._ledger.post()

    def release(self, subscriber_ids: Collection[int]) -> None:
        """As the ledger; their batches stay unfinished."""
        self._ledger.release(subscriber_ids)

    def postpone(self, subscriber_ids: Collection[int], until: datetime) -> None:
        """As the ledger; they will be part of a later batch."""
        self._ledger.postpone(subscriber_ids, until)
        self._finish(subscriber_ids)

    def park(self, subscriber_id: int) -> None:
        """Note that the delivery is held until its domain's turn."""
        with self._lock:
            self._parked.add(subscriber_id)
            for batch in self._batches:
                batch.held.discard(subscriber_id)
            self._end_finished()

    def bring_forward(self) -> None:
        """Do nothing: other nodes' postponed deliveries keep their times."""

    def recover(self, now: datetime) -> Recovery:
        """As the ledger."""
        return self._ledger.recover(now)

    def next_retry(self) -> datetime | None:
        """As the ledger."""
        return self._ledger.next_retry()

    def _finish(self, subscriber_ids: Iterable[int]) -> None:
        ended = set(subscriber_ids)
        with self._lock:
            self._parked -= ended
            for batch in self._batches:
                batch.held -= ended
            self._end_finished()

    def _end_finished(self) -> None:
        finished = [batch for batch in self._batches if batch.is_claimed and not batch.held]
        self._batches = [batch for batch in self._batches if batch not in finished]
        for batch in finished:
            self._loop.call_soon_threadsafe(_end, batch)


def _end(batch: _Batch, is_finished: bool = True) -> None:
    if not batch.end.done():  # done when the task that waits for it was cancelled
        batch.end.set_result(is_finished)
