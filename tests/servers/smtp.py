"""A real SMTP server (aiosmtpd) on loopback that catches mail and misbehaves by script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from newsletter.config.settings import RelaySettings


class Fault(StrEnum):
    """What may happen to a recipient; a plain string is a reply to her RCPT."""

    DROP_AT_RCPT = "hang up at RCPT"
    DROP_BEFORE_DOT = "hang up while the content comes"
    DROP_AFTER_DOT = "take the message, hang up without a reply"
    GARBLE_AFTER_DOT = "take the message, answer something that is not a reply"
    SILENT_AFTER_DOT = "take the message, never answer"
    DATA_THOUGH_REFUSED = "refuse RCPT, answer 354 to DATA all the same"
    REPLY_DURING_BODY = "answer 451 while the content comes, then hang up"


@dataclass(frozen=True, kw_only=True, slots=True)
class AtDot:
    """A reply to the final dot."""

    reply: str


Script = Fault | AtDot | str


@dataclass(frozen=True, kw_only=True, slots=True)
class Caught:
    """A message as it arrived."""

    sender: str
    recipient: str
    content: bytes
    is_encrypted: bool
    login: str


@dataclass(kw_only=True)
class Catcher:
    """What a server is to do (`mail_replies` one by one, `mail_reply` always), and what came."""

    faults: dict[str, Script] = field(default_factory=dict)
    mail_reply: str | None = None
    ehlo_reply: str | None = None
    mail_replies: list[str] = field(default_factory=list)
    mail_waits_for: int = 0
    """MAIL is answered when so many connections have been opened."""
    refuse_after: asyncio.Event | None = None
    """Replies to RCPT that refuse wait for it."""
    pipelining: bool = True
    users: Mapping[str, str] = field(default_factory=dict)
    caught: list[Caught] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    visit: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever a connection is opened."""
    port: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    """Set whenever a message has come."""
    unanswered: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a message lies here that will get no reply."""

    async def has_caught(self, count: int) -> None:
        """Wait until so many messages have come."""
        while len(self.caught) < count:
            self.news.clear()
            await self.news.wait()

    @property
    def recipients(self) -> list[str]:
        """Who has got a message, in order, copies included."""
        return [message.recipient for message in self.caught]

    def relay(self, **changes: object) -> RelaySettings:
        """The relay settings that lead here."""
        return RelaySettings.model_validate(
            {"name": "main", "host": "127.0.0.1", "port": self.port, "connections": 2, **changes}
        )

    # aiosmtpd's hooks

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: _Server, session: Session, _envelope: Envelope, name: str, said: list[str]
    ) -> list[str]:
        """EHLO: PIPELINING is offered or not."""
        session.host_name = name
        if self.ehlo_reply is not None:
            return [self.ehlo_reply]
        return [*said[:-1], "250-PIPELINING", said[-1]] if self.pipelining else said

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self,
        _server: _Server,
        _session: Session,
        envelope: Envelope,
        sender: str,
        options: list[str],
    ) -> str:
        """MAIL: as the script says."""
        while self.connections < self.mail_waits_for:
            self.visit.clear()
            await self.visit.wait()
        reply = self.mail_replies.pop(0) if self.mail_replies else self.mail_reply
        if reply is None:
            envelope.mail_from, reply = sender, "250 2.1.0 Ok"
            envelope.mail_options.extend(options)
        return reply

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: _Server,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """RCPT: as the script says of the recipient."""
        fault = self.faults.get(address)
        if fault is Fault.DROP_AT_RCPT:
            server.hang_up()
        if fault is Fault.DATA_THOUGH_REFUSED:
            return "550 5.1.1 No such user"
        if isinstance(fault, str) and not isinstance(fault, Fault):
            if self.refuse_after is not None:
                await self.refuse_after.wait()
            return fault
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: _Server, session: Session, envelope: Envelope
    ) -> str:
        """The final dot has come: catch the message, unless the script refuses it."""
        (address,) = envelope.rcpt_tos
        fault = self.faults.get(address)
        if isinstance(fault, AtDot):
            return fault.reply
        assert isinstance(envelope.content, bytes)
        self.caught.append(
            Caught(
                sender=envelope.mail_from or "",
                recipient=address,
                content=envelope.content,
                is_encrypted=session.ssl is not None,
                login=str(session.auth_data or ""),
            )
        )
        self.news.set()
        if fault is Fault.DROP_AFTER_DOT:
            server.hang_up()
        if fault is Fault.GARBLE_AFTER_DOT:
            return "2xx what?"
        if fault is Fault.SILENT_AFTER_DOT:
            self.unanswered.set()
            await asyncio.Event().wait()
        return "250 2.0.0 Ok: queued"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: Any
    ) -> AuthResult:
        """aiosmtpd's authenticator."""
        name, password = login.login.decode(), login.password.decode()
        good = self.users.get(name) == password
        return AuthResult(success=good, handled=False, auth_data=name if good else None)


class _Server(SMTP):
    """aiosmtpd's server for one connection, with the faults that lie below its hooks."""

    def __init__(self, catcher: Catcher, **options: Any) -> None:
        super().__init__(
            catcher,
            hostname="relay.example.org",
            enable_SMTPUTF8=options.pop("enable_SMTPUTF8", True),
            **options,
        )
        self.catcher = catcher
        self.rejected_address = ""

    def hang_up(self) -> None:
        """Close without a word."""
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.abort()
        raise ConnectionResetError("by script")

    async def _call_handler_hook(self, command: str, *args: Any) -> Any:
        self.catcher.commands.append(command)
        return await super()._call_handler_hook(command, *args)

    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """RCPT, remembering whom it was about."""
        self.rejected_address = (arg or "").partition("<")[2].partition(">")[0]
        await super().smtp_RCPT(arg)

    async def smtp_RSET(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """RSET, noted."""
        self.catcher.commands.append("RSET")
        await super().smtp_RSET(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """DATA, or the fault that stands for it."""
        fault = self.catcher.faults.get(self.rejected_address)
        if fault is Fault.DROP_BEFORE_DOT:
            await self.push("354 go ahead")
            await self._reader.readline()
            self.hang_up()
        elif fault is Fault.REPLY_DURING_BODY:
            await self.push("354 go ahead")
            await self.push("451 4.3.0 disk full")
            assert self.transport is not None
            self.transport.close()
        elif fault is Fault.DATA_THOUGH_REFUSED:
            await self.push("354 go ahead")
            await self._reader.readuntil(b".\r\n")
            await self.push("554 5.5.1 No valid recipients")
        else:
            await super().smtp_DATA(arg)


@asynccontextmanager
async def smtp_server(catcher: Catcher, **options: Any) -> AsyncIterator[Catcher]:
    """Serve the catcher on a free port of loopback; `options` are aiosmtpd's."""
    loop = asyncio.get_running_loop()
    open_servers: list[_Server] = []

    def serve_one() -> _Server:
        catcher.connections += 1
        catcher.visit.set()
        open_servers.append(_Server(catcher, loop=loop, **options))
        return open_servers[-1]

    listener = await loop.create_server(serve_one, "127.0.0.1", 0, ssl=options.pop("ssl", None))
    catcher.port = listener.sockets[0].getsockname()[1]
    try:
        yield catcher
    finally:
        listener.close()
        for server in open_servers:
            if isinstance(server.transport, asyncio.Transport):
                server.transport.abort()
        await listener.wait_closed()
        await asyncio.sleep(0)
