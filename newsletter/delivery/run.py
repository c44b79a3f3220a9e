"""One run of the sender: what its connections share."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from random import Random
from typing import Protocol

from newsletter.config.settings import SendingSettings
from newsletter.delivery.books import Books
from newsletter.delivery.claim_size import ClaimSize
from newsletter.delivery.classify import ABOUT_ONE_MESSAGE, Meaning, says_slow_down
from newsletter.delivery.feed import Feed
from newsletter.delivery.ledger import Claim, Ledger
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.delivery.recent_refusals import RecentRefusals
from newsletter.delivery.relays import Lane
from newsletter.delivery.replies import Reply
from newsletter.delivery.retry import may_go_on_anew, pauses_the_run, receipt_for
from newsletter.delivery.throttle import WHOLE_RELAY

BLAMELESS_TRIES = 3
"""How often one claim may meet a relay in trouble before it counts as the claim's own try: a
message at which a relay hangs up each time must not be the last one for ever."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What the caller gives: the bytes of a claim, its envelope sender, time, and when to stop.

    `compose` raises InputError for a reader whose message cannot be made. It `signs_slowly` when
    most of its time goes into a signature, during which other threads run.
    """

    compose: Callable[[Claim], bytes]
    signs_slowly: bool
    envelope_sender: Callable[[Claim], str]
    clock: Callable[[], datetime]
    sending: SendingSettings
    zone: tzinfo
    random: Random
    progress: Callable[[Receipt], None] | None

    @property
    def expire_after(self) -> timedelta:
        """How long a deferred message is worth another try."""
        return self.sending.expire_after


class Incoming(Protocol):
    """Batches that are given while the run goes on."""

    @property
    def is_open(self) -> bool:
        """Whether more may come."""

    def attach(self, tell: Callable[[], None]) -> None:
        """`tell` is called when one came, or none will any more."""

    def park(self, subscriber_id: int) -> None:
        """The run keeps it in hand until its domain lets it go."""


class Run:
    """The claims in hand, the books, and whether the run is to end."""

    def __init__(
        self, ledger: Ledger, work: Work, claim_size: ClaimSize, incoming: Incoming | None = None
    ) -> None:
        self.work = work
        self._incoming = incoming
        self.books = Books(ledger, self._kept)
        self.feed = Feed(self)
        if incoming is not None:
            incoming.attach(self.feed.news)
        self.ending = asyncio.Event()
        self.paused = ""
        self.shut = ""
        """Why a relay that could send may not at this hour."""
        self.states: Counter[DeliveryState] = Counter()
        self._ledger = ledger
        self._claim_size = claim_size
        self._due_by = work.clock()
        self._blameless: Counter[int] = Counter()
        self._refusals: deque[bool] = deque(maxlen=work.sending.pause_window)
        self._recent = RecentRefusals(
            window=work.sending.pause_window, share=work.sending.pause_share
        )
        self.refused_alike = ""
        """The words in which readers of several domains were refused: none of them is to blame."""
        self._lanes: tuple[Lane, ...] = ()

    def open_lanes(self, lanes: Sequence[Lane]) -> None:
        """The relays that this run may use."""
        self._lanes = tuple(lanes)

    @property
    def is_hopeless(self) -> bool:
        """Whether no relay can be worked with, now or soon."""
        return all(lane.is_down for lane in self._lanes)

    def local_time(self) -> datetime:
        """Now, in the site's time zone."""
        return self.work.clock().astimezone(self.work.zone)

    def lane_failed(self, lane: Lane, outcome: Outcome) -> None:
        """Rest the relay, or leave it when it refuses us; end the run when it was the last."""
        if outcome.meaning is Meaning.POLICY:
            lane.give_up(outcome)
        else:
            lane.failed(outcome)
        if self.is_hopeless:
            refused = all(lane.is_given_up for lane in self._lanes)
            troubles = (
                f"relay {lane.relay.name} refuses us: {lane.trouble}" for lane in self._lanes
            )
            self.end(paused="; ".join(troubles) if refused else "")

    def end(self, paused: str = "") -> None:
        """Hand out nothing more; `paused` says why, when a person has to look."""
        self.paused = self.paused or paused
        self.ending.set()
        self.feed.close()

    def settle(self, claim: Claim, outcome: Outcome, lane: Lane, *, is_worn: bool = False) -> None:
        """Book what a claim came to, or give it back when the relay is to blame.

        `is_worn`: the connection has carried messages before, and may simply have had enough, or
        it was we who cut it off.
        """
        meaning = outcome.meaning
        self._heed(claim, outcome, lane)
        if meaning is Meaning.RELAY:
            if not (is_worn and may_go_on_anew(outcome)):
                self.lane_failed(lane, outcome)
            self._blameless[claim.subscriber_id] += 1
            if self._blameless[claim.subscriber_id] < BLAMELESS_TRIES:
                self.feed.give_back(claim)
                return
        if meaning is Meaning.BROKEN and not outcome.code and not is_worn:
            self.lane_failed(lane, outcome)  # else all readers might become unknown, one by one
        if outcome.code and meaning in (Meaning.ACCEPTED, Meaning.DEFERRED, Meaning.REJECTED):
            lane.worked(_domain_of(claim))
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
        if meaning is Meaning.POLICY and outcome.stage not in ABOUT_ONE_MESSAGE:
            self.lane_failed(lane, outcome)
        elif pauses_the_run(claim, outcome):
            self.end(paused=f"relay {lane.relay.name} refuses us, no reader: {outcome}")
        self._watch_refusals(outcome)
        self._watch_alike(claim, outcome, lane)

    def _heed(self, claim: Claim, outcome: Outcome, lane: Lane) -> None:
        """Send slower where a server asks for it."""
        if outcome.meaning is Meaning.ACCEPTED:
            return
        if says_slow_down(outcome.stage, Reply(code=outcome.code, text=outcome.text)):
            is_one = outcome.stage in ABOUT_ONE_MESSAGE
            lane.slow_down(_domain_of(claim) if is_one else WHOLE_RELAY)

    def _watch_refusals(self, outcome: Outcome) -> None:
        """Pause when too many of the last messages were refused: a person has to look."""
        if not outcome.code:
            return
        is_refusal = outcome.meaning in (Meaning.REJECTED, Meaning.POLICY)
        self._refusals.append(is_refusal)
        if not is_refusal or len(self._refusals) < (self._refusals.maxlen or 0):
            return
        if sum(self._refusals) / len(self._refusals) > self.work.sending.pause_share:
            self.end(
                paused=f"{sum(self._refusals)} of the last {len(self._refusals)} messages were "
                f"refused for good, the last with {outcome}"
            )

    def _watch_alike(self, claim: Claim, outcome: Outcome, lane: Lane) -> None:
        """Pause when readers of several domains are refused in the same words."""
        domains = self._recent.note(claim, outcome) if outcome.code else 0
        if domains:
            self.refused_alike = outcome.text
            self.end(
                paused=f"relay {lane.relay.name} refuses readers of {domains} domains in the same "
                f"words, so none of them is to blame: {outcome}"
            )

    async def recover(self) -> int:
        """Take in what dead senders left; how many deliveries that gives us to send."""
        recovery = await self.books.call(self._ledger.recover, self.work.clock())
        self.states[DeliveryState.UNKNOWN] += recovery.unknown
        return recovery.released

    @property
    def may_grow(self) -> bool:
        """For the feed: whether further batches may come."""
        return self._incoming is not None and self._incoming.is_open

    @property
    def takes_back(self) -> bool:
        """For the feed: what a batch left is for another batch."""
        return self._incoming is None

    async def claim_more(self, moment: datetime | None) -> tuple[Claim, ...]:
        """For the feed: further claims, those of dead senders too."""
        loop = asyncio.get_running_loop()
        if moment is not None:  # one claim may not take all that came due: it stays due
            self._due_by = max(self._due_by, moment)
        while True:
            now = max(self.work.clock(), self._due_by)
            size = self._claim_size.next(loop.time())
            claimed = await self.books.call(self._ledger.claim, size, now)
            self._claim_size.claimed(len(claimed.claims), loop.time())
            self.states[DeliveryState.SUPPRESSED] += claimed.suppressed
            if claimed.claims:
                return claimed.claims
            if not claimed.suppressed and not await self.recover():
                return ()

    def parked(self, claim: Claim) -> None:
        """For the feed: the claim waits for its domain's turn."""
        if self._incoming is not None:
            self._incoming.park(claim.subscriber_id)

    async def postpone(self, claims: Sequence[Claim], seconds: float) -> datetime:
        """For the feed: give back what a domain's limit lets go only later."""
        until = self.work.clock() + timedelta(seconds=seconds)
        ids = [claim.subscriber_id for claim in claims]
        await self.books.call(self._ledger.postpone, ids, until)
        return until

    def _kept(self, receipt: Receipt) -> None:
        self.states[receipt.state] += 1
        if self.work.progress is not None:
            self.work.progress(receipt)


def _domain_of(claim: Claim) -> str:
    return claim.address.rpartition("@")[2]
