"""One run of the sender: what its connections share."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from newsletter.delivery.books import Books
from newsletter.delivery.classify import Meaning
from newsletter.delivery.feed import Feed
from newsletter.delivery.ledger import Claim, Ledger
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.delivery.relays import Lane
from newsletter.delivery.retry import pauses_the_run, receipt_for

BLAMELESS_TRIES = 3
"""How often one claim may meet a relay in trouble before it counts as the claim's own try: a
message at which a relay hangs up each time must not be the last one for ever."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What the caller gives: the bytes of a claim, its envelope sender, time and patience.

    `compose` raises InputError for a reader whose message cannot be made.
    """

    compose: Callable[[Claim], bytes]
    envelope_sender: Callable[[Claim], str]
    clock: Callable[[], datetime]
    expire_after: timedelta
    random: Random
    progress: Callable[[Receipt], None] | None


class Run:
    """The claims in hand, the books, and whether the run is to end."""

    def __init__(self, ledger: Ledger, work: Work, claim_at_once: int) -> None:
        self.work = work
        self.books = Books(ledger, self._kept)
        self.feed = Feed(self._claim_more, low=claim_at_once // 2)
        self.ending = asyncio.Event()
        self.paused = ""
        self.states: Counter[DeliveryState] = Counter()
        self._ledger = ledger
        self._claim_at_once = claim_at_once
        self._blameless: Counter[int] = Counter()

    def end(self, paused: str = "") -> None:
        """Hand out nothing more; `paused` says why, when a person has to look."""
        self.paused = self.paused or paused
        self.ending.set()
        self.feed.close()

    def settle(self, claim: Claim, outcome: Outcome, lane: Lane) -> None:
        """Book what a claim came to, or give it back when the relay is to blame."""
        meaning = outcome.meaning
        if meaning is Meaning.RELAY:
            lane.failed(outcome)
            self._blameless[claim.subscriber_id] += 1
            if self._blameless[claim.subscriber_id] < BLAMELESS_TRIES:
                self.feed.give_back(claim)
                return
        if outcome.code and meaning in (Meaning.ACCEPTED, Meaning.DEFERRED, Meaning.REJECTED):
            lane.worked()
        self.books.keep(
            receipt_for(
                claim,
                outcome,
                relay=lane.relay.name,
                now=self.work.clock(),
                expire_after=self.work.expire_after,
                random=self.work.random,
            )
        )
        self.feed.done()
        if pauses_the_run(claim, outcome):
            self.end(paused=f"relay {lane.relay.name} refuses us, no reader: {outcome}")

    async def recover(self) -> int:
        """Take in what dead senders left; how many deliveries that gives us to send."""
        recovery = await self.books.call(self._ledger.recover, self.work.clock())
        self.states[DeliveryState.UNKNOWN] += recovery.unknown
        return recovery.released

    async def _claim_more(self) -> tuple[Claim, ...]:
        while True:
            claimed = await self.books.call(
                self._ledger.claim, self._claim_at_once, self.work.clock()
            )
            self.states[DeliveryState.SUPPRESSED] += claimed.suppressed
            if claimed.claims:
                return claimed.claims
            if not claimed.suppressed and not await self.recover():
                return ()

    def _kept(self, receipt: Receipt) -> None:
        self.states[receipt.state] += 1
        if self.work.progress is not None:
            self.work.progress(receipt)
