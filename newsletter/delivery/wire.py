"""The byte stream of one SMTP connection: raw writes, and replies read in order.

aiosmtplib connects, sends EHLO, starts TLS and authenticates; but its protocol drops every reply
except the first of a pipelined group. So once the session is established, this protocol replaces
it on the transport (asyncio's `set_protocol`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from newsletter.delivery.replies import Reply, ReplyError, ReplyReader

if TYPE_CHECKING:
    import aiosmtplib


class Wire(asyncio.Protocol):
    """Takes over an open connection. Reading raises ConnectionError, TimeoutError or ReplyError."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._reader = ReplyReader()
        self._replies: deque[Reply] = deque()
        self._failure: Exception | None = None
        self._is_paused = False
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        """Whether bytes may still be written."""
        return self._failure is None and not self._transport.is_closing()

    @property
    def is_quiet(self) -> bool:
        """Whether everything received has been read."""
        return not self._replies and self._reader.is_between_replies

    def write(self, data: bytes) -> None:
        """Hand the bytes to the operating system, or keep them until it takes them."""
        self._transport.write(data)

    async def drain(self, seconds: float) -> None:
        """Wait until the peer has taken most of what was written."""
        if self._is_paused and self._failure is None:
            self._wait_no_longer_than(seconds)
            while self._is_paused and self._failure is None:
                await self._change()
        if self._failure is not None:
            raise self._failure

    async def reply(self, seconds: float) -> Reply:
        """The next reply."""
        if not self._replies and self._failure is None:
            self._wait_no_longer_than(seconds)
            while not self._replies and self._failure is None:
                await self._change()
        if self._replies:
            return self._replies.popleft()
        assert self._failure is not None  # noqa: S101 - what the loop above waited for
        raise self._failure

    def abort(self) -> None:
        """Close at once, discarding unsent bytes."""
        self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio when the transport has closed."""
        self._fail(ConnectionError(f"the connection was lost: {exc or 'closed by the relay'}"))

    def data_received(self, data: bytes) -> None:
        """Called by asyncio with what the relay wrote."""
        try:
            for reply in self._reader.feed(data):
                self._replies.append(reply)
        except ReplyError as error:
            self._fail(error)
            self._transport.abort()
        self._wake()

    def pause_writing(self) -> None:
        """Called by asyncio when too many bytes wait to be sent."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """Called by asyncio when few bytes wait to be sent."""
        self._is_paused = False
        self._wake()

    async def _change(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wait_no_longer_than(self, seconds: float) -> None:
        """Limit the wait that begins now: it ends with TimeoutError after `seconds`.

        One timer serves many waits: a timer for each would cost more than reading the reply.
        """
        self._deadline = self._loop.time() + seconds
        if self._timer is None or self._deadline < self._timer.when():
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._deadline, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        if self._waiter is None or self._waiter.done():
            return
        if self._loop.time() < self._deadline:
            self._set_timer()
        else:
            self._waiter.set_exception(TimeoutError())

    def _fail(self, failure: Exception) -> None:
        self._failure = self._failure or failure
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def take_over(session: aiosmtplib.SMTP) -> Wire:
    """The wire under a session that has been opened."""
    transport = session.transport
    if not isinstance(transport, asyncio.Transport):
        raise TypeError(f"aiosmtplib's transport is a {type(transport).__name__}")
    return Wire(transport)
