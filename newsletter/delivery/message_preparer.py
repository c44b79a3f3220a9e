"""Prepares messages for a relay, some in advance while its replies are pending."""

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
from newsletter.delivery.relay_fields import relay_fields
from newsletter.delivery.relay_session import RelaySession
from newsletter.delivery.settlement import Settlement
from newsletter.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class PreparedMessage:
    """A claim and its message."""

    claim: Claim
    content: bytes


class MessagePreparer:
    """Prepares the messages of one relay's connections.

    Slowly signed messages are prepared in advance by a thread, while the event loop reads replies;
    others in the loop, one per turn. Only a relay without limits has messages prepared in advance:
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
        self._connections_taking = 0
        self._ahead = 0
        self._requested: SimpleQueue[Claim | None] = SimpleQueue()
        self._finished: SimpleQueue[tuple[Claim, bytes | Exception]] = SimpleQueue()
        self._is_scheduled = False
        self._thread = (
            Thread(target=self._prepare_in_thread, name="preparer", daemon=True)
            if context.signs_slowly
            else None
        )
        if self._thread is not None:
            self._thread.start()

    def make_ahead(self) -> None:
        """Have one more message prepared in advance, if it may be needed."""
        if not self._session.is_open or self._ahead >= self._connections_taking:
            return
        claim = self._queue.take_now(self._session)
        if claim is not None:
            self._ahead += 1
            self._requested.put(claim)
            self._schedule()

    def next(self) -> PreparedMessage | None:
        """A message prepared in advance or now, if its relay may send one immediately."""
        if not self._session.is_open:
            self._give_back_ahead()
        while True:
            if (
                self._finished.empty()
                and (claim := self._queue.take_now(self._session)) is not None
            ):
                prepared = self.make(claim)
            elif self._ahead:
                self._ahead -= 1
                prepared = self._checked(*self._next_ahead())
            else:
                return None
            if prepared is not None:
                return prepared

    def make(self, claim: Claim) -> PreparedMessage | None:
        """The claim's message, None when it cannot be composed; on an error the claim is given back."""
        return self._checked(*self._compose(claim))

    @contextmanager
    def taking(self) -> Iterator[None]:
        """While entered, a connection takes messages; the last to leave gives back what is left."""
        self._connections_taking += 1
        try:
            yield
        finally:
            self._connections_taking -= 1
            if not self._connections_taking:
                self._give_back_ahead()

    def close(self) -> None:
        """End the thread and wait for it."""
        if self._thread is not None:
            self._requested.put(None)
            self._thread.join()

    def _prepare_in_thread(self) -> None:
        """In the thread: compose the requested messages."""
        while (claim := self._requested.get()) is not None:
            self._finished.put(self._compose(claim))

    def _schedule(self) -> None:
        if self._thread is None and not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._compose_one)

    def _compose_one(self) -> None:
        """In the loop: compose one message; pending replies are read before the next."""
        self._is_scheduled = False
        if (claim := self._next_requested()) is not None:
            self._finished.put(self._compose(claim))
            self._schedule()

    def _compose(self, claim: Claim) -> tuple[Claim, bytes | Exception]:
        relay = self._session.relay
        try:
            content = self._context.compose(claim)
            if relay.provider or relay.headers:
                content = relay_fields(relay, self._context.reference(claim)) + content
        except Exception as error:
            return claim, error
        return claim, content

    def _checked(self, claim: Claim, content: bytes | Exception) -> PreparedMessage | None:
        if isinstance(content, InputError):
            text = f"not tried: {content}"
            outcome = Outcome(stage=Stage.MAIL, meaning=Meaning.REJECTED, text=text)
            self._settlement.settle(claim, outcome, self._session)
            return None
        if isinstance(content, Exception):
            self._queue.give_back(claim)
            raise content
        return PreparedMessage(claim=claim, content=content)

    def _next_ahead(self) -> tuple[Claim, bytes | Exception]:
        """The next message prepared in advance; composed here if the thread has not begun it."""
        if self._finished.empty() and (claim := self._next_requested()) is not None:
            return self._compose(claim)
        return self._finished.get()

    def _next_requested(self) -> Claim | None:
        """The next requested claim whose message has not been begun, or None."""
        try:
            return self._requested.get_nowait()
        except Empty:
            return None

    def _give_back_ahead(self) -> None:
        while self._ahead:
            claim = self._next_requested() or self._finished.get()[0]
            self._ahead -= 1
            self._queue.give_back(claim)
