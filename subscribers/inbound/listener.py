"""An SMTP or LMTP server that accepts mail for our own addresses only."""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from subscribers.accepting import QuietAccept
from subscribers.inbound.data_phase import MessageStream, MessageTooLargeError
from subscribers.inbound.mail_log import MAX_OCTETS
from subscribers.quiet_log import QuietLog

log = logging.getLogger("newsletter")
strangers = QuietLog(log)

MAX_SIZE = 30_000_000
"""Largest message accepted, in octets; only its first MAX_OCTETS are stored."""

MAX_LINE = 1_000_000
"""Octets. RFC 5321 allows 1,000, but refusing longer lines would lose mail that others accept."""

TIMEOUT = 120
"""Seconds of silence after which a connection is closed."""

MOST_SESSIONS = 50
"""How many clients may be connected; beyond that the oldest session ends, and its client tries again."""

_HOST_AND_PORT = re.compile(r"(?P<host>.*):(?P<port>\d{1,5})\Z")

_Sessions = dict[SMTP, asyncio.BaseTransport]
"""The open sessions, oldest first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """Who is connected: the IP address, and the name that was given in EHLO."""

    address: str
    name: str


Deliver = Callable[[bytes, str, str, Client | None], None]
"""Stores a message, given its content, recipient, envelope sender, and the client of an SMTP
listener, who may be anybody; None of LMTP, where it is a mail server of ours. Raises if it is
not stored."""


@contextmanager
def listening_at(
    place: str, *, lmtp: bool, hostname: str, takes: Callable[[str], bool], deliver: Deliver
) -> Iterator[str]:
    """Accept mail at `place`: HOST:PORT, :PORT for all interfaces, or the path of a socket.

    `takes` decides whether a recipient address is ours. Yields the address bound, as port 0
    stands for any free port. Raises OSError if the address is in use.
    """
    handler = _Handler(takes, deliver, is_public=not lmtp)
    kind = _Lmtp if lmtp else _Smtp
    sessions: _Sessions = {}
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(QuietAccept())
    thread = threading.Thread(target=loop.run_forever, name="inbound", daemon=True)
    thread.start()

    def make() -> SMTP:
        return kind(
            handler,
            sessions=sessions,
            hostname=hostname,
            ident="newsletter",
            data_size_limit=MAX_SIZE,
            enable_SMTPUTF8=True,
            timeout=TIMEOUT,
            loop=loop,
        )

    try:
        opening = asyncio.run_coroutine_threadsafe(_open(place, make), loop)
        server = opening.result()
        try:
            yield _name(server, place)
        finally:
            loop.call_soon_threadsafe(server.close)
    finally:
        asyncio.run_coroutine_threadsafe(_finish(loop), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _open(place: str, make: Callable[[], SMTP]) -> asyncio.AbstractServer:
    loop = asyncio.get_running_loop()
    found = _HOST_AND_PORT.match(place)
    if found is None:
        Path(place).unlink(missing_ok=True)  # noqa: ASYNC240 - once, before anything is served
        return await loop.create_unix_server(make, place)
    return await loop.create_server(make, found["host"].strip("[]") or None, int(found["port"]))


async def _finish(loop: asyncio.AbstractEventLoop) -> None:
    """End the open sessions; clients send a message again if its final dot was not answered."""
    this_task = asyncio.current_task()
    sessions = [task for task in asyncio.all_tasks(loop) if task is not this_task]
    for task in sessions:
        task.cancel()
    await asyncio.gather(*sessions, return_exceptions=True)
    await loop.shutdown_default_executor()


def _name(server: asyncio.AbstractServer, place: str) -> str:
    assert isinstance(server, asyncio.Server)  # noqa: S101 - narrows
    if _HOST_AND_PORT.match(place) is None:
        return place
    host, port = server.sockets[0].getsockname()[:2]
    return f"{host}:{port}"


class _Smtp(SMTP):
    """A session that gives way to newer ones when there are many."""

    line_length_limit = MAX_LINE

    def __init__(self, handler: _Handler, *, sessions: _Sessions, **settings: Any) -> None:
        super().__init__(handler, **settings)
        self._sessions = sessions

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """Read the message in bounded memory."""
        await _take_message(self, super().smtp_DATA(arg))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, and end the oldest session if there are too many."""
        super().connection_made(transport)
        self._sessions[self] = transport
        if len(self._sessions) > MOST_SESSIONS:
            oldest = self._sessions.pop(next(iter(self._sessions)))
            assert isinstance(oldest, asyncio.Transport)  # noqa: S101 - narrows
            oldest.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """End."""
        self._sessions.pop(self, None)
        super().connection_lost(error)


class _Lmtp(_Smtp, LMTP):
    """The same by LMTP."""


def _client(session: Session) -> Client:
    address = session.peer[0] if isinstance(session.peer, tuple) else ""
    return Client(address=address, name=session.host_name or "")


async def _take_message(server: SMTP, data: Coroutine[Any, Any, None]) -> None:
    """Let aiosmtpd carry out DATA, reading from a MessageStream."""
    stream = server._reader
    server._reader = MessageStream(  # type: ignore[assignment] # has the one method that DATA calls
        stream, kept=MAX_OCTETS, most=MAX_SIZE, block=MAX_LINE // 2
    )
    try:
        await data
    except MessageTooLargeError:
        await server.push("552 5.3.4 the message is too large")
        server._set_post_data_state()  # type: ignore[no-untyped-call] # as aiosmtpd does itself
    finally:
        server._reader = stream


class _Handler:
    """Accepts mail to our addresses, one recipient at a time, and answers once it is stored."""

    def __init__(self, takes: Callable[[str], bool], deliver: Deliver, *, is_public: bool) -> None:
        self._is_public = is_public
        self._takes = takes
        self._deliver = deliver

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Accept an envelope sender (MAIL) without control characters, which no address has."""
        if not address.isprintable():
            return "501 5.1.7 this is not an address"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Accept one recipient at one of our addresses (RCPT).

        LMTP requires an answer for each recipient after the final dot (RFC 2033 section 4.2),
        but aiosmtpd gives only one; 452 makes the client send the others separately.
        """
        if envelope.rcpt_tos:
            return "452 4.5.3 one recipient at a time"
        if not address.isprintable() or not await asyncio.to_thread(self._takes, address):
            return "550 5.1.1 no such address here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Answer the final dot (DATA): 250 only if the message is stored."""
        content = envelope.content
        assert isinstance(content, bytes)  # noqa: S101 - narrows: nothing is decoded
        sender = (envelope.mail_from or "").strip("<>")
        try:
            await asyncio.to_thread(
                self._deliver,
                content[:MAX_OCTETS],
                envelope.rcpt_tos[0],
                sender,
                _client(session) if self._is_public else None,
            )
        except Exception:  # after any error the client keeps the mail and tries again
            strangers.exception("A message could not be stored.")
            return "451 4.3.0 temporary failure, try again later"
        return "250 2.0.0 stored"

    async def handle_exception(self, error: Exception) -> str:
        """Answer an unexpected error, so that the client tries again."""
        strangers.warning("inbound mail: %s: %s", type(error).__name__, error)
        return "451 4.3.0 temporary failure, try again later"
