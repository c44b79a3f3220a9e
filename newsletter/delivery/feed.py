"""Claims ahead of the connections, and hands each connection one that its relay may send now."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from newsletter.delivery.ledger import Claim


class Gate(Protocol):
    """What a relay lets through; `now` is the event loop's seconds."""

    @property
    def is_open(self) -> bool:
        """Whether there is no limit at all."""

    def wait(self, domain: str, now: float) -> float:
        """Seconds until a message to `domain` may go."""

    def take(self, domain: str, now: float) -> None:
        """A message to `domain` goes."""


class Feed:
    """The claims in hand. `claim_more` brings further ones, none when there are none left."""

    def __init__(self, claim_more: Callable[[], Awaitable[tuple[Claim, ...]]], low: int) -> None:
        self._claim_more = claim_more
        self._low = low
        self._waiting: deque[Claim] = deque()
        self._under_way = 0
        self._is_exhausted = False
        self._is_closed = False
        self._change = asyncio.Event()
        self._hunger = asyncio.Event()
        self.over = asyncio.Event()
        """Set when there is no more for anybody."""

    async def run(self) -> None:
        """Claim whenever few are left, until nothing can be claimed or the feed is closed."""
        while not self._is_closed:
            claims = await self._claim_more()
            self._waiting.extend(claims)
            self._is_exhausted = not claims
            self._stir()
            if self._is_exhausted:
                return
            self._hunger.clear()
            while len(self._waiting) > self._low and not self._is_closed:
                self._hunger.clear()
                await self._hunger.wait()

    async def take(self, gate: Gate) -> Claim | None:
        """The next claim that may be sent; None when the run has no more for anybody."""
        while not self._is_closed:
            claim, seconds = self._pick(gate)
            if claim is not None:
                return claim
            if not self._waiting and not self._under_way and self._is_exhausted:
                self.over.set()
                self._stir()
                return None
            self._change.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._change.wait()
            except TimeoutError:
                continue
        return None

    def take_now(self, gate: Gate) -> Claim | None:
        """The next claim that may be sent this moment, if there is one."""
        return None if self._is_closed else self._pick(gate)[0]

    def done(self) -> None:
        """A claim that was taken has come to its end."""
        self._under_way -= 1
        if not self._under_way:
            self._stir()

    def give_back(self, claim: Claim) -> None:
        """A claim that was taken could not be sent: another connection may."""
        self._under_way -= 1
        self._waiting.appendleft(claim)
        self._stir()

    def close(self) -> None:
        """Nothing more is handed out."""
        self._is_closed = True
        self.over.set()
        self._hunger.set()
        self._stir()

    def left(self) -> list[int]:
        """The subscribers whose claims nobody took."""
        return [claim.subscriber_id for claim in self._waiting]

    def _pick(self, gate: Gate) -> tuple[Claim | None, float | None]:
        """A claim, or the seconds until one may go (None: until something changes)."""
        if gate.is_open:
            return (self._taken(0), None) if self._waiting else (None, None)
        now = asyncio.get_running_loop().time()
        shortest = None
        for place, claim in enumerate(self._waiting):
            domain = claim.address.rpartition("@")[2]
            seconds = gate.wait(domain, now)
            if not seconds:
                gate.take(domain, now)
                return self._taken(place), None
            shortest = seconds if shortest is None else min(seconds, shortest)
        return None, shortest

    def _taken(self, place: int) -> Claim:
        claim = self._waiting[place]
        del self._waiting[place]
        self._under_way += 1
        if len(self._waiting) <= self._low:
            self._hunger.set()
        return claim

    def _stir(self) -> None:
        self._change.set()
