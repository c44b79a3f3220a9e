"""The batches a sending node was given: one run works through them for as long as they come."""

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
    """`held` are its claims in hand; `is_claimed` when it has no more."""

    within: Within
    end: asyncio.Future[bool]
    is_begun: bool = False
    is_claimed: bool = False
    held: set[int] = field(default_factory=set)


class Batches:
    """A ledger that claims within the given batches only, and notes when each is through.

    What waits for its domain's turn holds up no batch: the run sends it later, or has given it
    back. The run calls it in the ledger's threads, the node's loop gives it batches.
    """

    def __init__(self, ledger: RangedLedger) -> None:
        self.is_open = True
        self._ledger = ledger
        self._loop = asyncio.get_running_loop()
        self._lock = Lock()
        self._batches: list[_Batch] = []
        self._parked: set[int] = set()
        self._tell: Callable[[], None] = lambda: None

    @property
    def held(self) -> int:
        """How many deliveries are claimed and have not come to an end."""
        with self._lock:
            return len(self._parked) + sum(len(batch.held) for batch in self._batches)

    @property
    def is_empty(self) -> bool:
        """Whether every batch is through, and nothing waits for its domain's turn."""
        return not self._batches and not self._parked

    def attach(self, tell: Callable[[], None]) -> None:
        """`tell` is called whenever there may be more to claim, or nothing more will come."""
        self._tell = tell

    async def send(self, within: Within) -> bool:
        """Have the run send the batch; False when it ended before the batch was through."""
        batch = _Batch(within=within, end=self._loop.create_future())
        with self._lock:
            if not self.is_open:
                return False
            self._batches.append(batch)
        self._tell()
        return await batch.end

    def close(self) -> None:
        """No more will be given: let the run end when all are through."""
        self.is_open = False
        self._tell()

    def abandon(self) -> None:
        """The run is over: what is not through is another's."""
        self.close()
        with self._lock:
            batches, self._batches = self._batches, []
        for batch in batches:
            _end(batch, is_through=False)

    # As the run sees it

    @property
    def writes_at_once(self) -> bool:
        """As the ledger."""
        return self._ledger.writes_at_once

    def on_duty(self) -> AbstractContextManager[None]:
        """As the ledger."""
        return self._ledger.on_duty()

    def claim(self, limit: int, now: datetime) -> Claimed:
        """Take up to `limit` deliveries of the oldest batch that has some."""
        with self._lock:
            batches = [batch for batch in self._batches if not batch.is_claimed]
        for batch in batches:
            if not batch.is_begun:
                self._ledger.recover(now)  # its node before us may have died over it
                batch.is_begun = True
            claimed = self._ledger.claim(limit, now, batch.within)
            with self._lock:
                ids = {claim.subscriber_id for claim in claimed.claims}
                batch.held |= ids
                batch.is_claimed = not ids and not claimed.suppressed
                self._part_with_those_through()
            if ids or claimed.suppressed:
                return claimed
        return Claimed(claims=(), suppressed=0)

    def write(self, *, receipts: Sequence[Receipt], intents: Sequence[int]) -> frozenset[int]:
        """As the ledger; what has a receipt, or turned out another's, is in hand no more."""
        confirmed = self._ledger.write(receipts=receipts, intents=intents)
        self._let_go(receipt.subscriber_id for receipt in receipts)
        self._let_go(number for number in intents if number not in confirmed)
        return confirmed

    def post(self) -> None:
        """As the ledger."""
        self._ledger.post()

    def release(self, subscriber_ids: Collection[int]) -> None:
        """As the ledger; their batches are not through."""
        self._ledger.release(subscriber_ids)

    def postpone(self, subscriber_ids: Collection[int], until: datetime) -> None:
        """As the ledger; then they are for another plan."""
        self._ledger.postpone(subscriber_ids, until)
        self._let_go(subscriber_ids)

    def park(self, subscriber_id: int) -> None:
        """It waits in hand for its domain's turn."""
        with self._lock:
            self._parked.add(subscriber_id)
            for batch in self._batches:
                batch.held.discard(subscriber_id)
            self._part_with_those_through()

    def bring_forward(self) -> None:
        """Nothing: what other nodes have postponed is not ours to hurry."""

    def recover(self, now: datetime) -> Recovery:
        """As the ledger."""
        return self._ledger.recover(now)

    def next_retry(self) -> datetime | None:
        """As the ledger."""
        return self._ledger.next_retry()

    def _let_go(self, subscriber_ids: Iterable[int]) -> None:
        ended = set(subscriber_ids)
        with self._lock:
            self._parked -= ended
            for batch in self._batches:
                batch.held -= ended
            self._part_with_those_through()

    def _part_with_those_through(self) -> None:
        through = [batch for batch in self._batches if batch.is_claimed and not batch.held]
        self._batches = [batch for batch in self._batches if batch not in through]
        for batch in through:
            self._loop.call_soon_threadsafe(_end, batch)


def _end(batch: _Batch, is_through: bool = True) -> None:
    if not batch.end.done():  # done when whoever gave it was cancelled meanwhile
        batch.end.set_result(is_through)
