"""The door that mail servers knock at: SMTP or LMTP, for our own addresses only."""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from subscribers.inbound.mail_log import MAX_OCTETS

log = logging.getLogger("newsletter")

MAX_SIZE = 30_000_000
"""Octets of a message that is taken; of a long one only the first MAX_OCTETS are looked at."""

MAX_LINE = 1_000_000
"""Octets. RFC 5321 says 1,000; refusing a longer line would lose a mail that others let pass."""

TIMEOUT = 120
"""Seconds of silence after which a connection is closed."""

_PLACE = re.compile(r"(?P<host>.*):(?P<port>\d{1,5})\Z")

Deliver = Callable[[bytes, str, str], None]
"""content, recipient, envelope sender; it returns when the message is written down."""


@contextmanager
def listening_at(
    place: str, *, lmtp: bool, hostname: str, takes: Callable[[str], bool], deliver: Deliver
) -> Iterator[str]:
    """Take mail at `place` (HOST:PORT, :PORT for all interfaces, or the path of a socket).

    Gives the place as it came to be: port 0 is any free one. Raises OSError when it is taken.
    """
    handler = _Handler(takes, deliver)
    kind = _Lmtp if lmtp else _Smtp
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="inbound", daemon=True)
    thread.start()

    def make() -> SMTP:
        return kind(
            handler,
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
    found = _PLACE.match(place)
    if found is None:
        Path(place).unlink(missing_ok=True)  # noqa: ASYNC240 - once, before anything is served
        return await loop.create_unix_server(make, place)
    return await loop.create_server(make, found["host"].strip("[]") or None, int(found["port"]))


async def _finish(loop: asyncio.AbstractEventLoop) -> None:
    """End what is still talking: a message whose dot was not answered comes again."""
    mine = asyncio.current_task()
    talking = [task for task in asyncio.all_tasks(loop) if task is not mine]
    for task in talking:
        task.cancel()
    await asyncio.gather(*talking, return_exceptions=True)
    await loop.shutdown_default_executor()


def _name(server: asyncio.AbstractServer, place: str) -> str:
    assert isinstance(server, asyncio.Server)  # noqa: S101 - narrows
    if _PLACE.match(place) is None:
        return place
    host, port = server.sockets[0].getsockname()[:2]
    return f"{host}:{port}"


class _Smtp(SMTP):
    line_length_limit = MAX_LINE


class _Lmtp(LMTP):
    line_length_limit = MAX_LINE


class _Handler:
    """What is ours is taken, one recipient at a time, and answered when it is written down."""

    def __init__(self, takes: Callable[[str], bool], deliver: Deliver) -> None:
        self._takes = takes
        self._deliver = deliver

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """RCPT: no relaying, and no second recipient.

        LMTP has an answer for each recipient after the dot (RFC 2033 section 4.2), of which
        aiosmtpd gives only one; 452 makes the server send the others a copy of their own.
        """
        if envelope.rcpt_tos:
            return "452 4.5.3 one recipient at a time"
        if not await asyncio.to_thread(self._takes, address):
            return "550 5.1.1 no such address here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """The dot: 250 only when the message is safe with us."""
        content = envelope.content
        assert isinstance(content, bytes)  # noqa: S101 - narrows: nothing is decoded
        sender = (envelope.mail_from or "").strip("<>")
        try:
            await asyncio.to_thread(
                self._deliver, content[:MAX_OCTETS], envelope.rcpt_tos[0], sender
            )
        except Exception:  # whatever it is, the server keeps the mail and tries again
            log.exception("a message could not be taken")
            return "451 4.3.0 not now, try again"
        return "250 2.0.0 written down"

    async def handle_exception(self, error: Exception) -> str:
        """What aiosmtpd trips over: the other side tries again."""
        log.warning("inbound: %s: %s", type(error).__name__, error)
        return "451 4.3.0 not now, try again"
