"""Claims deliveries in advance, and gives each connection one that its relay may send now."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from newsletter.delivery.ledger import Claim

PARKED_SECONDS = 10.0
"""Of a rate-limited domain, at most as many claims are kept as can be sent in this many seconds.
The rest is given back until its turn, so that it neither fills memory nor delays other domains."""

FEWEST_PARKED = 20
"""Claims of a rate-limited domain that are kept in any case."""
ANY_DOMAIN = ""


class RateGate(Protocol):
    """A relay's limits; `now` is in the event loop's seconds."""

    @property
    def is_open(self) -> bool:
        """Whether the relay has no limit at all."""

    @property
    def is_spent(self) -> bool:
        """Whether nothing more may be sent today."""

    def wait(self, domain: str, now: float) -> float:
        """Seconds until a message to `domain` may be sent; ANY_DOMAIN checks only the relay."""

    def take(self, domain: str, now: float) -> None:
        """Count a message to `domain` as sent."""

    def pace(self, domain: str) -> float:
        """Seconds between two messages to `domain`."""


class Supply(Protocol):
    """Where claims come from and go back to."""

    @property
    def may_grow(self) -> bool:
        """Whether there may be more to claim later, even if there is nothing now."""

    @property
    def takes_back(self) -> bool:
        """Whether postponed claims are claimed again when they are due."""

    async def claim_more(self, moment: datetime | None) -> tuple[Claim, ...]:
        """Claim more deliveries, including those due by `moment`; empty when there are none."""

    def parked(self, claim: Claim) -> None:
        """Note that the claim is kept until its domain's limit lets it pass."""

    async def postpone(self, claims: Sequence[Claim], seconds: float) -> datetime:
        """Give claims back for that many seconds; returns when they are due."""


class ClaimQueue:
    """The claims this send holds: those that may go, and those parked by a domain's limit."""

    def __init__(self, supply: Supply) -> None:
        self._supply = supply
        self._low_mark = 0
        self._waiting: deque[Claim] = deque()
        self._parked: dict[str, deque[Claim]] = {}
        self._surplus: dict[str, list[Claim]] = {}
        self._pace: dict[str, float] = {}
        self._postponed: Counter[str] = Counter()
        self._postponed_until: list[tuple[float, datetime, str, int]] = []
        self._in_flight = 0
        self._is_exhausted = False
        self._is_closed = False
        self._has_news = False
        self._changed = asyncio.Event()
        self._needs_more = asyncio.Event()
        self.over = asyncio.Event()
        """Set when there are no more claims for any connection."""

    async def run(self) -> None:
        """Claim more whenever few are left, until nothing can be claimed or the queue closes."""
        while not self._is_closed:
            self._has_news, may_grow = False, self._supply.may_grow
            claims = await self._supply.claim_more(self._newly_due())
            self._waiting.extend(claims)
            self._low_mark = len(claims) // 2
            comes_back = self._postponed_until and self._supply.takes_back
            self._is_exhausted = not (claims or comes_back or self._surplus or may_grow)
            self.notify_waiters()
            if self._is_exhausted:
                return
            await self._wait_until_low(has_claimed=bool(claims))
            await self._postpone_surplus()

    async def take(self, gate: RateGate) -> Claim | None:
        """Wait for the next claim that may be sent; None when this gate will get no more."""
        while not self._is_closed and not gate.is_spent:
            claim, seconds = self._pick(gate)
            if claim is not None:
                return claim
            if self._is_exhausted and not self._in_flight and not self._in_hand():
                self.over.set()
                self.notify_waiters()
                return None
            self._changed.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._changed.wait()
            except TimeoutError:
                continue
        return None

    def news(self) -> None:
        """Note that the supply has grown, or will not grow any more."""
        self._has_news = True
        self._needs_more.set()

    def take_now(self, gate: RateGate) -> Claim | None:
        """The next claim that may be sent immediately, or None."""
        return None if self._is_closed else self._pick(gate)[0]

    def done(self) -> None:
        """Note that a taken claim is finished."""
        self._in_flight -= 1
        if not self._in_flight:
            self.notify_waiters()

    def give_back(self, claim: Claim) -> None:
        """Return a taken claim that could not be sent, for any connection to take."""
        self._in_flight -= 1
        self._waiting.appendleft(claim)
        self.notify_waiters()

    def close(self) -> None:
        """Hand out no more claims."""
        self._is_closed = True
        self.over.set()
        self._needs_more.set()
        self.notify_waiters()

    def left(self) -> list[int]:
        """The subscriber ids of the claims that no connection took."""
        groups = [self._waiting, *self._parked.values(), *self._surplus.values()]
        return [claim.subscriber_id for group in groups for claim in group]

    def _in_hand(self) -> bool:
        return bool(self._waiting or self._surplus or any(self._parked.values()))

    def _pick(self, gate: RateGate) -> tuple[Claim | None, float | None]:
        """A claim, or the seconds until one may be sent (None: until something changes)."""
        if gate.is_open and not self._parked:
            claim = self._hand_out(self._waiting.popleft()) if self._waiting else None
            return claim, None
        if not self._waiting and not self._parked:
            self._needs_more.set()
            return None, None
        now = asyncio.get_running_loop().time()
        shortest = gate.wait(ANY_DOMAIN, now)
        if shortest:
            return None, shortest
        waits = []
        for domain, parked in self._parked.items():
            seconds = gate.wait(domain, now)
            if parked and not seconds:
                gate.take(domain, now)
                return self._hand_out(self._unpark(domain)), None
            if parked:
                waits.append(seconds)
        while self._waiting:
            claim = self._waiting.popleft()
            domain = claim.address.rpartition("@")[2].casefold()
            seconds = gate.wait(domain, now)
            if not seconds:
                gate.take(domain, now)
                return self._hand_out(claim), None
            self._park(domain, claim, gate.pace(domain))
            waits.append(seconds)
        self._needs_more.set()
        return None, min(waits, default=None)

    def _hand_out(self, claim: Claim) -> Claim:
        self._in_flight += 1
        if len(self._waiting) <= self._low_mark:
            self._needs_more.set()
        return claim

    def _unpark(self, domain: str) -> Claim:
        parked = self._parked[domain]
        claim = parked.popleft()
        if not parked:
            del self._parked[domain]
        return claim

    def _park(self, domain: str, claim: Claim, pace: float) -> None:
        self._pace[domain] = pace
        parked = self._parked.setdefault(domain, deque())
        # When everything is claimed, no other claim needs the space.
        if self._is_exhausted or len(parked) < max(FEWEST_PARKED, PARKED_SECONDS / pace):
            parked.append(claim)
            self._supply.parked(claim)
        else:
            self._surplus.setdefault(domain, []).append(claim)

    async def _postpone_surplus(self) -> None:
        """Give back the claims beyond the parking limit until about their turn."""
        while self._surplus and not self._is_closed:
            domain = next(iter(self._surplus))
            claims = self._surplus.pop(domain)
            ahead = len(self._parked.get(domain, ())) // 2 + self._postponed[domain]
            seconds = max(1.0, ahead * self._pace[domain])
            try:
                until = await self._supply.postpone(claims, seconds)
            except BaseException:
                self._waiting.extend(claims)  # still held: they are released at the end
                raise
            self._postponed[domain] += len(claims)
            due = asyncio.get_running_loop().time() + seconds
            heapq.heappush(self._postponed_until, (due, until, domain, len(claims)))

    def _newly_due(self) -> datetime | None:
        """Count postponed claims that are due now; returns the latest of their due times."""
        now, moment = asyncio.get_running_loop().time(), None
        while self._postponed_until and self._postponed_until[0][0] <= now:
            _due, moment, domain, count = heapq.heappop(self._postponed_until)
            self._postponed[domain] -= count
        return moment

    async def _wait_until_low(self, *, has_claimed: bool) -> None:
        """Wait until few claims are left or, where nothing was claimed, until some are due."""
        while not self._is_closed:
            seconds = (
                self._postponed_until[0][0] - asyncio.get_running_loop().time()
                if self._postponed_until
                else None
            )
            if seconds is not None and seconds <= 0:
                return
            if (
                (has_claimed and len(self._waiting) <= self._low_mark)
                or self._surplus
                or self._has_news
            ):
                return
            self._needs_more.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._needs_more.wait()
            except TimeoutError:
                return

    def notify_waiters(self) -> None:
        """Let connections that wait for a claim check again."""
        self._changed.set()
