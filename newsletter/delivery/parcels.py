"""Messages made ready for a relay, some of them ahead: while replies are under way."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass

from newsletter.delivery.classify import Meaning, Stage
from newsletter.delivery.ledger import Claim
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.relays import Lane
from newsletter.delivery.run import Run
from newsletter.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class Parcel:
    """A claim and its message."""

    claim: Claim
    content: bytes


class Parcels:
    """One relay's. Whoever asks for a parcel ahead later takes one, or says that it will not.

    So a far relay finds us waiting for it. Only where nothing limits the relay: what a limit
    lets through is sent at once.
    """

    def __init__(self, run: Run, lane: Lane) -> None:
        self._run = run
        self._lane = lane
        self._ready: deque[Parcel] = deque()
        self._asked = 0
        self._news = asyncio.Event()

    async def make_ahead(self) -> None:
        """Make what was asked for, one by one: replies that have come are read in between."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._asked:
                parcel = self.next() if self._lane.is_open else None
                if parcel is None:
                    self._asked = 0
                    break
                self._asked -= 1
                self._ready.append(parcel)
                await asyncio.sleep(0)

    def ask(self) -> None:
        """One more shall be made ahead."""
        self._asked += 1
        self._news.set()

    def take(self) -> Parcel | None:
        """For who asked: one that is ready; it will not be made any more where none is."""
        if self._ready:
            return self._ready.popleft()
        self._asked = max(0, self._asked - 1)
        return None

    def next(self) -> Parcel | None:
        """One that is made now, if its relay may send one this moment."""
        while (claim := self._run.feed.take_now(self._lane)) is not None:
            parcel = self.make(claim)
            if parcel is not None:
                return parcel
        return None

    def make(self, claim: Claim) -> Parcel | None:
        """The claim's parcel; None when its message cannot be made."""
        try:
            return Parcel(claim=claim, content=self._run.work.compose(claim))
        except InputError as error:
            outcome = Outcome(
                stage=Stage.MAIL, meaning=Meaning.REJECTED, text=f"not tried: {error}"
            )
            self._run.settle(claim, outcome, self._lane)
            return None

    def give_back(self, *parcels: Parcel | None) -> None:
        """They were not sent: another connection may."""
        for parcel in filter(None, parcels):
            self._run.feed.give_back(parcel.claim)
