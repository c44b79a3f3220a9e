"""Messages made ready for a relay, some of them ahead: while its replies are under way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread

from newsletter.delivery.claim_queue import ClaimQueue
from newsletter.delivery.classify import Meaning, Stage
from newsletter.delivery.context import SendContext
from newsletter.delivery.ledger import Claim
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.relay_session import RelaySession
from newsletter.delivery.settlement import Settlement
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

    def __init__(
        self,
        context: SendContext,
        queue: ClaimQueue,
        settlement: Settlement,
        session: RelaySession,
    ) -> None:
        self._context = context
        self._queue = queue
        self._settlement = settlement
        self._session = session
        self._loop = asyncio.get_running_loop()
        self._takers = 0
        self._ahead = 0
        self._wanted: SimpleQueue[Claim | None] = SimpleQueue()
        self._made: SimpleQueue[tuple[Claim, bytes | Exception]] = SimpleQueue()
        self._will_make = False
        self._thread = (
            Thread(target=self._prepare_in_thread, name="preparer", daemon=True)
            if context.signs_slowly
            else None
        )
        if self._thread is not None:
            self._thread.start()

    def make_ahead(self) -> None:
        """Have one more made, if it may be needed."""
        if not self._session.is_open or self._ahead >= self._takers:
            return
        claim = self._queue.take_now(self._session)
        if claim is not None:
            self._ahead += 1
            self._wanted.put(claim)
            self._make_soon()

    def next(self) -> PreparedMessage | None:
        """One that is ready or is made now, if its relay may send one this moment."""
        if not self._session.is_open:
            self._give_back_ahead()
        while True:
            if self._made.empty() and (claim := self._queue.take_now(self._session)) is not None:
                prepared = self.make(claim)
            elif self._ahead:
                self._ahead -= 1
                prepared = self._prepared(*self._first_ahead())
            else:
                return None
            if prepared is not None:
                return prepared

    def make(self, claim: Claim) -> PreparedMessage | None:
        """The claim's message; None when it cannot be made. Whatever raises has given the claim back."""
        return self._prepared(*self._composed(claim))

    @contextmanager
    def taking(self) -> Iterator[None]:
        """While entered, a connection takes messages; the last one leaves nothing made ahead."""
        self._takers += 1
        try:
            yield
        finally:
            self._takers -= 1
            if not self._takers:
                self._give_back_ahead()

    def close(self) -> None:
        """End the thread."""
        if self._thread is not None:
            self._wanted.put(None)
            self._thread.join()

    def _prepare_in_thread(self) -> None:
        """In the thread: make what is wanted."""
        while (claim := self._wanted.get()) is not None:
            self._made.put(self._composed(claim))

    def _make_soon(self) -> None:
        if self._thread is None and not self._will_make:
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
            return claim, self._context.compose(claim)
        except Exception as error:
            return claim, error

    def _prepared(self, claim: Claim, content: bytes | Exception) -> PreparedMessage | None:
        if isinstance(content, InputError):
            text = f"not tried: {content}"
            outcome = Outcome(stage=Stage.MAIL, meaning=Meaning.REJECTED, text=text)
            self._settlement.settle(claim, outcome, self._session)
            return None
        if isinstance(content, Exception):
            self._queue.give_back(claim)
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
            self._queue.give_back(claim)
