"""Connections to a relay, and one transaction after another on them (RFC 5321, RFC 2920)."""

from __future__ import annotations

import ipaddress
import math
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from newsletter.config.settings import RelaySettings
from newsletter.delivery.classify import CLOSING, Meaning, Stage
from newsletter.delivery.envelope import Envelope, Extensions
from newsletter.delivery.outcome import Outcome, from_reply, from_trouble
from newsletter.delivery.replies import Reply, ReplyError
from newsletter.delivery.wire import Wire, take_over
from newsletter.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    import aiosmtplib

TROUBLE = (ConnectionError, TimeoutError, ReplyError)
FAR = 0.005
"""Seconds until a transaction's commands are answered; a relay that never was quicker is far."""

IMPLICIT_TLS = 465
"""The port on which TLS begins before the greeting (RFC 8314 section 3.3)."""

GO_AHEAD = 354
"""The relay waits for the content (RFC 5321 section 4.3.2)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeouts:
    """Seconds to wait for a relay; RFC 5321 section 4.5.3.2 where it names a time."""

    connect: float = 30
    command: float = 300
    body: float = 180
    dot: float = 600
    quit: float = 5


TIMEOUTS = Timeouts()


class Connection:
    """One session with a relay, which knows at every moment how far it has come.

    A transaction is `offer`, `opened`, `push`, `finish`; `finish` may offer the next one in
    the same write. Nothing raises for what the relay does: it comes back as an Outcome.
    """

    def __init__(self, wire: Wire, extensions: Extensions, timeouts: Timeouts) -> None:
        self._wire = wire
        self._timeouts = timeouts
        self._envelope: Envelope | None = None
        self._must_reset = False
        self._is_resetting = False
        self._is_broken = False
        self._offered_at = 0.0
        self._quickest = math.inf
        self.extensions = extensions
        self.stage = Stage.MAIL

    @property
    def is_usable(self) -> bool:
        """Whether a further transaction may begin here."""
        return not self._is_broken and self._wire.is_open

    @property
    def is_far(self) -> bool:
        """Whether no transaction's commands, the present one's included, were answered quickly."""
        return self._quickest > FAR

    def offer(self, envelope: Envelope) -> None:
        """Begin a transaction: all its commands in one write, where the relay allows that."""
        self._wire.write(self._begin(envelope))

    async def opened(self) -> Outcome | None:
        """None when the relay waits for the content, else why not."""
        self.stage = Stage.MAIL
        try:
            return await self._open_at_once() if self._pipelines else await self._open_by_steps()
        except TROUBLE as error:
            return self._broken(error)
        finally:
            self._quickest = min(self._quickest, time.monotonic() - self._offered_at)

    async def push(self, content: bytes) -> Outcome | None:
        """Send the content, all but the final dot; None unless the connection broke."""
        self.stage = Stage.BODY
        self._wire.write(content)
        try:
            await self._wire.drain(self._timeouts.body)
        except TROUBLE as error:
            return self._broken(error)
        return None

    async def finish(self, following: Envelope | None) -> Outcome:
        """Write the final dot, with it the next transaction's commands, and read the reply."""
        if not self._wire.is_open or not self._wire.is_quiet:
            return await self._refused_early()
        self.stage = Stage.DOT
        self._wire.write(b".\r\n" + (self._begin(following) if following else b""))
        try:
            reply = await self._wire.reply(self._timeouts.dot)
        except TROUBLE as error:
            return self._broken(error)
        return self._outcome(Stage.DOT, reply)

    def abort(self) -> None:
        """Close at once. Before the dot is written this takes the message back."""
        self._is_broken = True
        self._wire.abort()

    async def quit(self) -> None:
        """Say goodbye and close; an answer is welcome, but not waited for long."""
        if self.is_usable:
            self._wire.write(b"QUIT\r\n")
            with suppress(*TROUBLE):
                await self._wire.reply(self._timeouts.quit)
        self.abort()

    @property
    def _pipelines(self) -> bool:
        return self.extensions.pipelining

    def _begin(self, envelope: Envelope) -> bytes:
        """The first bytes of a transaction, after RSET where the last one was left open."""
        self._envelope = envelope
        self._offered_at = time.monotonic()
        self._is_resetting, self._must_reset = self._must_reset, False
        commands = envelope.at_once if self._pipelines else envelope.mail
        return b"RSET\r\n" + commands if self._is_resetting else commands

    async def _open_at_once(self) -> Outcome | None:
        if self._is_resetting:
            await self._reply()
        refusal: Outcome | None = None
        reply = None
        for stage in (Stage.MAIL, Stage.RCPT, Stage.DATA):
            self.stage = stage
            try:
                reply = await self._reply()
            except TROUBLE as error:
                # Who refuses and hangs up has refused.
                return refusal or self._broken(error)
            if refusal is None and not _goes_on(stage, reply):
                refusal = self._refusal(stage, reply)
        if refusal is not None and reply is not None and reply.code == GO_AHEAD:
            await self._end_unwanted_content(refusal)
        return refusal

    async def _end_unwanted_content(self, refusal: Outcome) -> None:
        """DATA was agreed to although MAIL or RCPT was not (RFC 2920 section 3.1)."""
        if refusal.stage is not Stage.RCPT:
            self.abort()
            return
        self._wire.write(b".\r\n")  # nobody is left to write to: an empty message ends it
        try:
            await self._reply()
        except TROUBLE:
            self.abort()

    async def _open_by_steps(self) -> Outcome | None:
        if self._envelope is None:
            raise RuntimeError("a transaction begins with offer()")
        if self._is_resetting:
            await self._reply()
        reply = await self._reply()
        for stage, command in (
            (Stage.RCPT, self._envelope.rcpt),
            (Stage.DATA, self._envelope.data),
        ):
            if not _goes_on(self.stage, reply):
                return self._refusal(self.stage, reply)
            self.stage = stage
            self._wire.write(command)
            reply = await self._reply()
        return None if _goes_on(Stage.DATA, reply) else self._refusal(Stage.DATA, reply)

    async def _reply(self) -> Reply:
        reply = await self._wire.reply(self._timeouts.command)
        if reply.code == CLOSING:
            self._is_broken = True
        return reply

    async def _refused_early(self) -> Outcome:
        """Before the dot something came, or the connection went: nothing has been sent."""
        try:
            outcome = from_reply(Stage.BODY, await self._wire.reply(self._timeouts.command))
        except TROUBLE as error:
            outcome = from_trouble(Stage.BODY, error)
        self.abort()
        return outcome

    def _refusal(self, stage: Stage, reply: Reply) -> Outcome:
        self._must_reset = True
        return self._outcome(stage, reply)

    def _outcome(self, stage: Stage, reply: Reply) -> Outcome:
        outcome = from_reply(stage, reply)
        if outcome.meaning is Meaning.BROKEN or reply.code == CLOSING:
            self.abort()
        return outcome

    def _broken(self, error: Exception) -> Outcome:
        self.abort()
        return from_trouble(self.stage, error)


def _goes_on(stage: Stage, reply: Reply) -> bool:
    return reply.code == GO_AHEAD if stage is Stage.DATA else 200 <= reply.code < 300


async def connect(
    relay: RelaySettings, tls: ssl.SSLContext | None, local_hostname: str, timeouts: Timeouts
) -> Connection | Outcome:
    """A session that is greeted, encrypted and signed in as configured, or why there is none.

    `tls` is None for security "none". With "starttls" and "tls" nothing of a message ever
    goes in clear: a relay that does not offer STARTTLS is no relay.
    """
    import aiosmtplib  # slow to load: only where there is something to send

    security = security_of(relay)
    session = aiosmtplib.SMTP(
        hostname=relay.host,
        port=relay.port,
        username=relay.username,
        password=relay.password,
        local_hostname=relay.hostname or local_hostname,
        timeout=timeouts.connect,
        use_tls=security == "tls",
        start_tls=security == "starttls",
        tls_context=tls,
    )
    try:
        await session.connect()
        if session.is_ehlo_or_helo_needed:
            await _greet(session)
        return Connection(take_over(session), _extensions(session), timeouts)
    except aiosmtplib.SMTPResponseException as error:
        session.close()
        return _refused_session(error)
    except (aiosmtplib.SMTPException, OSError, UnicodeError) as error:  # a host no DNS can hold
        session.close()
        return from_trouble(Stage.CONNECT, error)


async def _greet(session: aiosmtplib.SMTP) -> None:
    import aiosmtplib

    try:
        await session.ehlo()
    except aiosmtplib.SMTPHeloError as error:
        if error.code not in (500, 502):  # what a server says that knows no EHLO (RFC 5321, 3.2)
            raise
        await session.helo()


def _refused_session(error: aiosmtplib.SMTPResponseException) -> Outcome:
    import aiosmtplib

    stages: dict[type[Exception], Stage] = {
        aiosmtplib.SMTPConnectResponseError: Stage.CONNECT,
        aiosmtplib.SMTPHeloError: Stage.EHLO,
        aiosmtplib.SMTPAuthenticationError: Stage.AUTH,
    }
    stage = stages.get(type(error), Stage.STARTTLS)
    if error.code < 400:
        return from_trouble(stage, ReplyError(error.message))
    return from_reply(stage, Reply(code=error.code, text=" ".join(error.message.split())))


def _extensions(session: aiosmtplib.SMTP) -> Extensions:
    size = session.esmtp_extensions.get("size")
    return Extensions(
        pipelining=session.supports_extension("pipelining"),
        smtputf8=session.supports_extension("smtputf8"),
        takes_size=size is not None,
        size=int(size) if size and size.isdigit() else 0,
    )


def security_of(relay: RelaySettings) -> str:
    """`starttls`, `tls` or `none`; unset means none on this machine, tls on 465, starttls elsewhere."""
    if relay.security is not None:
        return relay.security
    if relay.port == IMPLICIT_TLS:
        return "tls"
    try:
        is_local = ipaddress.ip_address(relay.host).is_loopback
    except ValueError:
        is_local = relay.host.casefold() == "localhost"
    return "none" if is_local else "starttls"


def tls_context(relay: RelaySettings) -> ssl.SSLContext | None:
    """Verifies name and certificate, by the relay's `ca_file` alone where it has one.

    Raises ConfigurationError when that file cannot be read as certificates.
    """
    # Loaded before any work is reserved: in `connect` it would hold up the event loop.
    import_module("aiosmtplib")
    if security_of(relay) == "none":
        return None
    try:
        return ssl.create_default_context(cafile=relay.ca_file)
    except OSError as error:
        problem = Problem(
            message=f"relay {relay.name}: cannot read certificates from {relay.ca_file}: {error}",
            field="relays.ca_file",
            fix="name a file of PEM certificates",
        )
        raise ConfigurationError([problem]) from error


def own_hostname() -> str:
    """The name for EHLO: this host's, or an address literal (RFC 5321 section 4.1.4)."""
    name = socket.getfqdn()
    if "." in name and name.isascii() and not any(character.isspace() for character in name):
        return name
    return "[127.0.0.1]"
