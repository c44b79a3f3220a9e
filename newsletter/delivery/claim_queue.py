"""Claims ahead of the connections, and hands each connection one that its relay may send now."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from newsletter.delivery.ledger import Claim

PARKED_SECONDS = 10.0
"""Of a domain with a limit no more is kept in hand than goes in so many seconds; the rest is
given back until its turn, so that it neither fills the memory nor holds up others."""

FEWEST_PARKED = 20
ANY_DOMAIN = ""


class RateGate(Protocol):
    """What a relay lets through; `now` is the event loop's seconds."""

    @property
    def is_open(self) -> bool:
        """Whether there is no limit at all."""

    @property
    def is_spent(self) -> bool:
        """Whether nothing more may go today."""

    def wait(self, domain: str, now: float) -> float:
        """Seconds until a message to `domain` may go; ANY_DOMAIN asks for the relay alone."""

    def take(self, domain: str, now: float) -> None:
        """A message to `domain` goes."""

    def pace(self, domain: str) -> float:
        """Seconds from one message to `domain` to the next."""


class Supply(Protocol):
    """Where claims come from and go back to."""

    @property
    def may_grow(self) -> bool:
        """Whether there may be more to claim though there is nothing now."""

    @property
    def takes_back(self) -> bool:
        """Whether what was postponed is claimed again when it is due."""

    async def claim_more(self, moment: datetime | None) -> tuple[Claim, ...]:
        """Further ones, none when there are none; what is due by `moment` is due."""

    def parked(self, claim: Claim) -> None:
        """It is kept in hand until its domain lets it go."""

    async def postpone(self, claims: Sequence[Claim], seconds: float) -> datetime:
        """Give them back for so long; returns until when."""


class ClaimQueue:
    """The claims in hand: those that may go, and those of limited domains, parked."""

    def __init__(self, supply: Supply) -> None:
        self._supply = supply
        self._low = 0
        self._waiting: deque[Claim] = deque()
        self._parked: dict[str, deque[Claim]] = {}
        self._surplus: dict[str, list[Claim]] = {}
        self._pace: dict[str, float] = {}
        self._postponed: Counter[str] = Counter()
        self._later: list[tuple[float, datetime, str, int]] = []
        self._under_way = 0
        self._is_exhausted = False
        self._is_closed = False
        self._has_news = False
        self._change = asyncio.Event()
        self._hunger = asyncio.Event()
        self.over = asyncio.Event()
        """Set when there is no more for anybody."""

    async def run(self) -> None:
        """Claim whenever few are left, until nothing can be claimed or the queue is closed."""
        while not self._is_closed:
            self._has_news, may_grow = False, self._supply.may_grow
            claims = await self._supply.claim_more(self._come_due())
            self._waiting.extend(claims)
            self._low = len(claims) // 2
            comes_back = self._later and self._supply.takes_back
            self._is_exhausted = not (claims or comes_back or self._surplus or may_grow)
            self.stir()
            if self._is_exhausted:
                return
            await self._wait_for_hunger(has_claimed=bool(claims))
            await self._postpone_surplus()

    async def take(self, gate: RateGate) -> Claim | None:
        """The next claim that may be sent; None when there is none for this gate any more."""
        while not self._is_closed and not gate.is_spent:
            claim, seconds = self._pick(gate)
            if claim is not None:
                return claim
            if self._is_exhausted and not self._under_way and not self._in_hand():
                self.over.set()
                self.stir()
                return None
            self._change.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._change.wait()
            except TimeoutError:
                continue
        return None

    def news(self) -> None:
        """The supply has grown, or will not grow any more."""
        self._has_news = True
        self._hunger.set()

    def take_now(self, gate: RateGate) -> Claim | None:
        """The next claim that may be sent this moment, if there is one."""
        return None if self._is_closed else self._pick(gate)[0]

    def done(self) -> None:
        """A claim that was taken has come to its end."""
        self._under_way -= 1
        if not self._under_way:
            self.stir()

    def give_back(self, claim: Claim) -> None:
        """A claim that was taken could not be sent: another connection may."""
        self._under_way -= 1
        self._waiting.appendleft(claim)
        self.stir()

    def close(self) -> None:
        """Nothing more is handed out."""
        self._is_closed = True
        self.over.set()
        self._hunger.set()
        self.stir()

    def left(self) -> list[int]:
        """The subscribers whose claims nobody took."""
        groups = [self._waiting, *self._parked.values(), *self._surplus.values()]
        return [claim.subscriber_id for group in groups for claim in group]

    def _in_hand(self) -> bool:
        return bool(self._waiting or self._surplus or any(self._parked.values()))

    def _pick(self, gate: RateGate) -> tuple[Claim | None, float | None]:
        """A claim, or the seconds until one may go (None: until something changes)."""
        if gate.is_open and not self._parked:
            return (self._taken(self._waiting.popleft()), None) if self._waiting else (None, None)
        if not self._waiting and not self._parked:
            self._hunger.set()
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
                return self._taken(self._unparked(domain)), None
            if parked:
                waits.append(seconds)
        while self._waiting:
            claim = self._waiting.popleft()
            domain = claim.address.rpartition("@")[2].casefold()
            seconds = gate.wait(domain, now)
            if not seconds:
                gate.take(domain, now)
                return self._taken(claim), None
            self._park(domain, claim, gate.pace(domain))
            waits.append(seconds)
        self._hunger.set()
        return None, min(waits, default=None)

    def _taken(self, claim: Claim) -> Claim:
        self._under_way += 1
        if len(self._waiting) <= self._low:
            self._hunger.set()
        return claim

    def _unparked(self, domain: str) -> Claim:
        parked = self._parked[domain]
        claim = parked.popleft()
        if not parked:
            del self._parked[domain]
        return claim

    def _park(self, domain: str, claim: Claim, pace: float) -> None:
        self._pace[domain] = pace
        parked = self._parked.setdefault(domain, deque())
        # When all is claimed nobody else needs the room.
        if self._is_exhausted or len(parked) < max(FEWEST_PARKED, PARKED_SECONDS / pace):
            parked.append(claim)
            self._supply.parked(claim)
        else:
            self._surplus.setdefault(domain, []).append(claim)

    async def _postpone_surplus(self) -> None:
        """Give back what is beyond the parking places until its turn may have come."""
        while self._surplus and not self._is_closed:
            domain = next(iter(self._surplus))
            claims = self._surplus.pop(domain)
            ahead = len(self._parked.get(domain, ())) // 2 + self._postponed[domain]
            seconds = max(1.0, ahead * self._pace[domain])
            try:
                until = await self._supply.postpone(claims, seconds)
            except BaseException:
                self._waiting.extend(claims)  # they are in hand still, and go back at the end
                raise
            self._postponed[domain] += len(claims)
            due = asyncio.get_running_loop().time() + seconds
            heapq.heappush(self._later, (due, until, domain, len(claims)))

    def _come_due(self) -> datetime | None:
        """Until when those were postponed whose time has come."""
        now, moment = asyncio.get_running_loop().time(), None
        while self._later and self._later[0][0] <= now:
            _due, moment, domain, count = heapq.heappop(self._later)
            self._postponed[domain] -= count
        return moment

    async def _wait_for_hunger(self, *, has_claimed: bool) -> None:
        """Until few are left; where nothing could be claimed, until something comes due."""
        while not self._is_closed:
            seconds = self._later[0][0] - asyncio.get_running_loop().time() if self._later else None
            if seconds is not None and seconds <= 0:
                return
            if (has_claimed and len(self._waiting) <= self._low) or self._surplus or self._has_news:
                return
            self._hunger.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._hunger.wait()
            except TimeoutError:
                return

    def stir(self) -> None:
        """Whoever waits for a claim looks again."""
        self._change.set()
