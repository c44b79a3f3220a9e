"""A small, fast SMTP server on loopback that counts copies and misbehaves at any stage.

aiosmtpd takes 300 messages a second; this one thousands, and every reply of it can be spoilt.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from newsletter.config.settings import RelaySettings
from newsletter.delivery.classify import Stage

END_OF_DATA = b"\r\n.\r\n"
OK = {
    Stage.CONNECT: "220 relay.example.org ESMTP",
    Stage.STARTTLS: "220 2.0.0 Go ahead",
    Stage.AUTH: "235 2.7.0 Welcome",
    Stage.MAIL: "250 2.1.0 Ok",
    Stage.RCPT: "250 2.1.5 Ok",
    Stage.DATA: "354 Go ahead",
    Stage.DOT: "250 2.0.0 Ok: queued",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoilt:
    """How a step goes wrong: `reply` stands for the usual one, None keeps that.

    It comes in pieces when `in_pieces`, after `delay` seconds, and then the server hangs up when
    `hang_up`. With an empty reply nothing is said. A message whose reply at the dot begins with
    4 or 5 is not kept.
    """

    reply: str | None = None
    in_pieces: bool = False
    delay: float = 0
    hang_up: bool = False


Plan = Callable[[Stage, str], Spoilt | None]
"""Asked at each step, with the recipient from RCPT on."""


def slow_at(late: Stage, seconds: float) -> Plan:
    """All is well, but the reply at that step takes its time: at DATA the relay seems far away."""
    return lambda stage, _recipient: Spoilt(delay=seconds) if stage is late else None


@dataclass(frozen=True, kw_only=True, slots=True)
class AtOnce:
    """A limit on what a sender may do at once: whoever is beyond `most` gets `spoilt` at `stage`.

    Connections are counted when they are made, or with `transactions` the messages under way.
    """

    most: int
    stage: Stage
    spoilt: Spoilt
    transactions: bool = False


@dataclass(kw_only=True)
class FastCatcher:
    """What the server does, and how many copies of what came, by recipient."""

    plan: Plan = lambda _stage, _recipient: None
    at_once: AtOnce | None = None
    pipelining: bool = True
    tls: ssl.SSLContext | None = None
    signs_in: bool = False
    copies: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    in_clear: int = 0
    connections: int = 0
    open_connections: int = 0
    open_transactions: int = 0
    port: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def has_caught(self, count: int) -> None:
        """Wait until so many messages have come."""
        while self.messages < count:
            self.news.clear()
            await self.news.wait()

    async def is_left(self) -> None:
        """Wait until no connection is open."""
        while self.open_connections:
            self.news.clear()
            await self.news.wait()

    def relay(self, **changes: object) -> RelaySettings:
        """The relay settings that lead here."""
        return RelaySettings.model_validate(
            {"name": "main", "host": "127.0.0.1", "port": self.port, "connections": 4, **changes}
        )

    def keep(self, recipient: str, *, is_encrypted: bool) -> None:
        """A message has come whole."""
        self.copies[recipient] += 1
        self.messages += 1
        self.in_clear += not is_encrypted
        self.news.set()


class _Session(asyncio.Protocol):
    """One connection; what comes while a reply is delayed waits its turn."""

    def __init__(self, catcher: FastCatcher) -> None:
        self._catcher = catcher
        self._buffer = bytearray()
        self._recipient = ""
        self._in_data = False
        self._is_encrypted = False
        self._is_surplus = False
        self._in_transaction = False
        self._waits = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio: somebody calls, or TLS stands."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not self._is_encrypted:
            self._catcher.connections += 1
            self._catcher.open_connections += 1
            limit = self._catcher.at_once
            self._is_surplus = limit is not None and self._catcher.open_connections > limit.most
            self._answer(Stage.CONNECT)

    def data_received(self, data: bytes) -> None:
        """Asyncio: bytes have come."""
        self._buffer += data
        self._work()

    def connection_lost(self, _error: Exception | None) -> None:
        """Asyncio: they have gone."""
        self._catcher.open_connections -= 1
        self._end_transaction()
        self._catcher.news.set()
        self._waits = True

    def hang_up(self) -> None:
        """Close without a word."""
        self._waits = True
        if self._transport is not None:
            self._transport.abort()

    def _work(self) -> None:
        while not self._waits:
            if self._in_data:
                # The end may stand at the very front: an empty message.
                start = 3 if self._buffer.startswith(b".\r\n") else -1
                end = start if start > 0 else self._buffer.find(END_OF_DATA) + len(END_OF_DATA)
                if end < len(END_OF_DATA) and start < 0:
                    return
                del self._buffer[:end]
                self._in_data = False
                self._take_message()
            else:
                end = self._buffer.find(b"\r\n")
                if end < 0:
                    return
                line = bytes(self._buffer[:end])
                del self._buffer[: end + 2]
                self._obey(line.decode("utf-8", "replace"))

    def _spoilt_at(self, stage: Stage, recipient: str) -> Spoilt | None:
        limit = self._catcher.at_once
        if limit is not None and limit.transactions and stage is Stage.MAIL:
            self._end_transaction()
            self._is_surplus = self._catcher.open_transactions >= limit.most
            self._in_transaction = True
            self._catcher.open_transactions += 1
        if limit is not None and self._is_surplus and stage is limit.stage:
            return limit.spoilt
        return self._catcher.plan(stage, recipient)

    def _end_transaction(self) -> None:
        self._catcher.open_transactions -= self._in_transaction
        self._in_transaction = False

    def _take_message(self) -> None:
        spoilt = self._spoilt_at(Stage.DOT, self._recipient)
        said = OK[Stage.DOT] if spoilt is None or spoilt.reply is None else spoilt.reply
        if not said.startswith(("4", "5")) and self._recipient:
            self._catcher.keep(self._recipient, is_encrypted=self._is_encrypted)
        if not self._recipient:
            said = "554 5.5.1 No valid recipients"
        self._recipient = ""
        self._say(said, spoilt, self._end_transaction)

    def _obey(self, line: str) -> None:
        verb = line[:4].upper()
        if verb in ("EHLO", "HELO"):
            self._answer(Stage.EHLO)
        elif verb == "STAR":
            self._answer(Stage.STARTTLS)
        elif verb == "AUTH":
            self._answer(Stage.AUTH)
        elif verb == "MAIL":
            self._recipient = ""
            self._answer(Stage.MAIL)
        elif verb == "RCPT":
            self._take_recipient(line.partition("<")[2].partition(">")[0])
        elif verb == "DATA":
            self._take_data()
        elif verb == "QUIT":
            self._say("221 2.0.0 Bye", Spoilt(hang_up=True))
        else:
            self._recipient = ""
            self._say("250 2.0.0 Ok", None)

    def _take_recipient(self, recipient: str) -> None:
        spoilt = self._spoilt_at(Stage.RCPT, recipient)
        said = OK[Stage.RCPT] if spoilt is None or spoilt.reply is None else spoilt.reply
        self._recipient = recipient if said.startswith("2") else ""
        self._say(said, spoilt)

    def _take_data(self) -> None:
        spoilt = self._spoilt_at(Stage.DATA, self._recipient)
        usual = OK[Stage.DATA] if self._recipient else "503 5.5.1 No recipient"
        said = usual if spoilt is None or spoilt.reply is None else spoilt.reply
        self._in_data = said.startswith("354")
        self._say(said, spoilt)

    def _answer(self, stage: Stage) -> None:
        spoilt = self._spoilt_at(stage, self._recipient)
        usual = self._greeting() if stage is Stage.EHLO else OK[stage]
        said = usual if spoilt is None or spoilt.reply is None else spoilt.reply
        self._say(said, spoilt)
        if stage is Stage.STARTTLS and said.startswith("220") and not self._waits:
            self._start(self._encrypt())

    def _greeting(self) -> str:
        offers = ["relay.example.org"]
        if self._catcher.pipelining:
            offers.append("PIPELINING")
        if self._catcher.tls is not None and not self._is_encrypted:
            offers.append("STARTTLS")
        if self._catcher.signs_in:
            offers.append("AUTH PLAIN")
        offers.append("8BITMIME")
        lines = [f"250-{offer}" for offer in offers[:-1]]
        return "\r\n".join([*lines, f"250 {offers[-1]}"])

    def _say(
        self, said: str, spoilt: Spoilt | None, then: Callable[[], None] = lambda: None
    ) -> None:
        assert self._transport is not None
        if spoilt is not None and (spoilt.delay or spoilt.in_pieces):
            self._waits = True
            self._start(self._say_slowly(said, spoilt, then))
            return
        then()
        if spoilt is None:
            self._transport.write(said.encode() + b"\r\n")
            return
        if said:
            self._transport.write(said.encode() + b"\r\n")
        if spoilt.hang_up:
            self._transport.close()
        # Who says nothing at a step says nothing for good.
        self._waits = spoilt.hang_up or not said

    async def _say_slowly(self, said: str, spoilt: Spoilt, then: Callable[[], None]) -> None:
        assert self._transport is not None
        await asyncio.sleep(spoilt.delay)
        then()
        pieces = [said + "\r\n"] if not spoilt.in_pieces else list(said + "\r\n")
        for piece in pieces:
            self._transport.write(piece.encode())
            await asyncio.sleep(0)
        if spoilt.hang_up:
            self._transport.close()
            return
        self._waits = False
        self._work()

    async def _encrypt(self) -> None:
        assert self._transport is not None
        assert self._catcher.tls is not None
        self._waits = self._is_encrypted = True
        try:
            encrypted = await asyncio.get_running_loop().start_tls(
                self._transport, self, self._catcher.tls, server_side=True
            )
        except (OSError, ssl.SSLError):
            return
        assert isinstance(encrypted, asyncio.Transport)
        self._transport = encrypted
        self._waits = False
        self._work()

    def _start(self, work: object) -> None:
        assert asyncio.iscoroutine(work)
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@asynccontextmanager
async def fast_server(catcher: FastCatcher) -> AsyncIterator[FastCatcher]:
    """Serve the catcher on a free port of loopback."""
    sessions: list[_Session] = []

    def serve_one() -> _Session:
        sessions.append(_Session(catcher))
        return sessions[-1]

    loop = asyncio.get_running_loop()
    listener = await loop.create_server(serve_one, "127.0.0.1", catcher.port)
    catcher.port = listener.sockets[0].getsockname()[1]
    try:
        yield catcher
    finally:
        listener.close()
        for session in sessions:
            session.hang_up()
        await listener.wait_closed()
        await asyncio.sleep(0)
