"""The source of a send's claims: the ledger, or the batches of a sending node."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from newsletter.delivery.ledger import Claim, Ledger
from newsletter.delivery.ledger_writer import LedgerWriter
from newsletter.delivery.rates import ClaimSize
from newsletter.delivery.receipt import DeliveryState


class Incoming(Protocol):
    """Batches that arrive while the send runs."""

    @property
    def is_open(self) -> bool:
        """Whether more may come."""

    def attach(self, notify: Callable[[], None]) -> None:
        """Have `notify` called when a batch arrives, and when no more will."""

    def park(self, subscriber_id: int) -> None:
        """Note that the send holds this delivery until its domain's limit lets it pass."""


class ClaimSource:
    """Implements claim_queue.Supply over a ledger.

    Adds the deliveries that claims found suppressed and recoveries found unknown to `counts`.
    `incoming` is the same ledger, as a sending node is given batches through it.
    """

    def __init__(
        self,
        ledger: Ledger,
        writer: LedgerWriter,
        claim_size: ClaimSize,
        clock: Callable[[], datetime],
        counts: Counter[DeliveryState],
        incoming: Incoming | None = None,
    ) -> None:
        self._ledger = ledger
        self._writer = writer
        self._claim_size = claim_size
        self._clock = clock
        self._counts = counts
        self._incoming = incoming
        self._due_by = clock()

    @property
    def may_grow(self) -> bool:
        """Whether further batches may arrive."""
        return self._incoming is not None and self._incoming.is_open

    @property
    def takes_back(self) -> bool:
        """Whether postponed claims are claimed again here; a node's go into another batch."""
        return self._incoming is None

    async def recover(self) -> int:
        """Recover the deliveries of dead senders; returns how many can be sent again."""
        recovery = await self._writer.call(self._ledger.recover, self._clock())
        self._counts[DeliveryState.UNKNOWN] += recovery.unknown
        return recovery.released

    async def claim_more(self, moment: datetime | None) -> tuple[Claim, ...]:
        """Claim more deliveries, those of dead senders and those due by `moment` included."""
        loop = asyncio.get_running_loop()
        if moment is not None:  # kept: one claim may not take all that became due
            self._due_by = max(self._due_by, moment)
        while True:
            now = max(self._clock(), self._due_by)
            size = self._claim_size.next(loop.time())
            claimed = await self._writer.call(self._ledger.claim, size, now)
            self._claim_size.claimed(len(claimed.claims), loop.time())
            self._counts[DeliveryState.SUPPRESSED] += claimed.suppressed
            if claimed.claims:
                return claimed.claims
            if not claimed.suppressed and not await self.recover():
                return ()

    def parked(self, claim: Claim) -> None:
        """Note that the claim is held until its domain's turn."""
        if self._incoming is not None:
            self._incoming.park(claim.subscriber_id)

    async def postpone(self, claims: Sequence[Claim], seconds: float) -> datetime:
        """Give back claims that a domain's limit lets pass only later; returns when they are due."""
        until = self._clock() + timedelta(seconds=seconds)
        ids = [claim.subscriber_id for claim in claims]
        await self._writer.call(self._ledger.postpone, ids, until)
        return until
