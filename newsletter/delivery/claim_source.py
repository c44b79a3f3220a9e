"""Where a send's claims come from and go back to: the ledger, or the batches of a sending node."""

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
    """Batches that are given while the send goes on."""

    @property
    def is_open(self) -> bool:
        """Whether more may come."""

    def attach(self, tell: Callable[[], None]) -> None:
        """`tell` is called when one came, or none will any more."""

    def park(self, subscriber_id: int) -> None:
        """The send keeps it in hand until its domain lets it go."""


class ClaimSource:
    """Implements claim_queue.Supply over a ledger.

    `counts` is told how many deliveries a claim found suppressed and a recovery unknown. `incoming`
    is the ledger's other face where a node is given batches.
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
        """Whether further batches may come."""
        return self._incoming is not None and self._incoming.is_open

    @property
    def takes_back(self) -> bool:
        """Whether what was postponed is claimed again: what a batch left is for another batch."""
        return self._incoming is None

    async def recover(self) -> int:
        """Take in what dead senders left; how many deliveries that gives us to send."""
        recovery = await self._writer.call(self._ledger.recover, self._clock())
        self._counts[DeliveryState.UNKNOWN] += recovery.unknown
        return recovery.released

    async def claim_more(self, moment: datetime | None) -> tuple[Claim, ...]:
        """Further claims, those of dead senders too; what is due by `moment` is due."""
        loop = asyncio.get_running_loop()
        if moment is not None:  # one claim may not take all that came due: it stays due
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
        """The claim waits in hand for its domain's turn."""
        if self._incoming is not None:
            self._incoming.park(claim.subscriber_id)

    async def postpone(self, claims: Sequence[Claim], seconds: float) -> datetime:
        """Give back what a domain's limit lets go only later; returns until when."""
        until = self._clock() + timedelta(seconds=seconds)
        ids = [claim.subscriber_id for claim in claims]
        await self._writer.call(self._ledger.postpone, ids, until)
        return until
