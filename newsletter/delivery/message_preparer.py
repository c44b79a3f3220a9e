"""Messages made ready for a relay, some of them ahead: while its replies are under way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread

from newsletter.delivery.classify import Meaning, Stage
from newsletter.delivery.ledger import Claim
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.relay_session import RelaySession
from newsletter.delivery.run import Run
from newsletter.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class PreparedMessage:
    """A claim and its message."""

    claim: Claim
    content: bytes


class MessagePreparer:
    """One relay's, for its connections to take.

    A thread makes those ahead that are signed slowly: while it signs, the event loop reads replies.
    The others are made in the loop, one in each of its turns. Only where nothing limits the relay:
    what a limit lets through is sent at once.
    """

    def __init__(self, run: Run, lane: RelaySession) -> None:
        self._run = run
        self._lane = lane
        self._loop = asyncio.get_running_loop()
        self._takers = 0
        self._ahead = 0
        self._wanted: SimpleQueue[Claim | None] = SimpleQueue()
        self._made: SimpleQueue[tuple[Claim, bytes | Exception]] = SimpleQueue()
        self._will_make = False
        self._packer = (
            Thread(target=self._pack, name="packer", daemon=True) if run.work.signs_slowly else None
        )
        if self._packer is not None:
            self._packer.start()

    def make_ahead(self) -> None:
        """Have one more made, if it may be needed."""
        if not self._lane.is_open or self._ahead >= self._takers:
            return
        claim = self._run.feed.take_now(self._lane)
        if claim is not None:
            self._ahead += 1
            self._wanted.put(claim)
            self._make_soon()

    def next(self) -> PreparedMessage | None:
        """One that is ready or is made now, if its relay may send one this moment."""
        if not self._lane.is_open:
            self._give_back_ahead()
        while True:
            if self._made.empty() and (claim := self._run.feed.take_now(self._lane)) is not None:
                parcel = self.make(claim)
            elif self._ahead:
                self._ahead -= 1
                parcel = self._parcel(*self._first_ahead())
            else:
                return None
            if parcel is not None:
                return parcel

    def make(self, claim: Claim) -> PreparedMessage | None:
        """The claim's parcel; None when its message cannot be made."""
        return self._parcel(*self._composed(claim))

    @contextmanager
    def taking(self) -> Iterator[None]:
        """While entered, a connection takes parcels; the last one leaves nothing made ahead."""
        self._takers += 1
        try:
            yield
        finally:
            self._takers -= 1
            if not self._takers:
                self._give_back_ahead()

    def close(self) -> None:
        """End the thread."""
        if self._packer is not None:
            self._wanted.put(None)
            self._packer.join()

    def _pack(self) -> None:
        """In the thread: make what is wanted."""
        while (claim := self._wanted.get()) is not None:
            self._made.put(self._composed(claim))

    def _make_soon(self) -> None:
        if self._packer is None and not self._will_make:
            self._will_make = True
            self._loop.call_soon(self._make_one)

    def _make_one(self) -> None:
        """In the loop: make one; replies that have come are read before the next."""
        self._will_make = False
        if (claim := self._wanted_now()) is not None:
            self._made.put(self._composed(claim))
            self._make_soon()

    def _composed(self, claim: Claim) -> tuple[Claim, bytes | Exception]:
        try:
            return claim, self._run.work.compose(claim)
        except Exception as error:
            return claim, error

    def _parcel(self, claim: Claim, content: bytes | Exception) -> PreparedMessage | None:
        if isinstance(content, InputError):
            text = f"not tried: {content}"
            outcome = Outcome(stage=Stage.MAIL, meaning=Meaning.REJECTED, text=text)
            self._run.settle(claim, outcome, self._lane)
            return None
        if isinstance(content, Exception):
            raise content
        return PreparedMessage(claim=claim, content=content)

    def _first_ahead(self) -> tuple[Claim, bytes | Exception]:
        """What is made; else what nobody has begun is made here, and the thread's is waited for."""
        if self._made.empty() and (claim := self._wanted_now()) is not None:
            return self._composed(claim)
        return self._made.get()

    def _wanted_now(self) -> Claim | None:
        """What is wanted ahead and nobody has begun to make."""
        try:
            return self._wanted.get_nowait()
        except Empty:
            return None

    def _give_back_ahead(self) -> None:
        while self._ahead:
            claim = self._wanted_now() or self._made.get()[0]
            self._ahead -= 1
            self._run.feed.give_back(claim)
