"""Connections to a relay and the transactions on them (RFC 5321, RFC 2920)."""

from __future__ import annotations

import ipaddress
import math
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module

from newsletter.config.settings import RelaySettings
from newsletter.delivery.classify import CLOSING, Meaning, Stage
from newsletter.delivery.envelope import Envelope, Extensions
from newsletter.delivery.outcome import Outcome, from_reply, from_trouble
from newsletter.delivery.replies import Reply, ReplyError
from newsletter.delivery.wire import Wire
from newsletter.errors import ConfigurationError, Problem

TROUBLE = (ConnectionError, TimeoutError, ReplyError)
FAR = 0.005
"""Seconds to answer a transaction's commands; a relay that has never been faster counts as far."""

IMPLICIT_TLS = 465
"""The port on which TLS begins before the greeting (RFC 8314 section 3.3)."""

GO_AHEAD = 354
"""The relay waits for the content (RFC 5321 section 4.3.2)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeouts:
    """Seconds to wait for a relay, as in RFC 5321 section 4.5.3.2 where it specifies a time."""

    connect: float = 30
    command: float = 300
    body: float = 180
    dot: float = 600
    quit: float = 5


TIMEOUTS = Timeouts()


class Connection:
    """One SMTP session with a relay; `stage` is how far its transaction has come.

    A transaction is `offer`, `opened`, `push`, `finish`; `finish` may offer the next one in
    the same write. A relay's failures are returned as Outcomes, never raised.
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
        """Whether a further transaction may begin on this connection."""
        return not self._is_broken and self._wire.is_open

    @property
    def is_far(self) -> bool:
        """Whether the relay has never answered a transaction's commands within FAR seconds."""
        return self._quickest > FAR

    def offer(self, envelope: Envelope) -> None:
        """Begin a transaction, with all its commands in one write where the relay allows it."""
        self._wire.write(self._begin(envelope))

    async def opened(self) -> Outcome | None:
        """None when the relay is ready for the content, else the refusal."""
        self.stage = Stage.MAIL
        try:
            return await self._open_at_once() if self._pipelines else await self._open_by_steps()
        except TROUBLE as error:
            return self._broken(error)
        finally:
            self._quickest = min(self._quickest, time.monotonic() - self._offered_at)

    async def push(self, content: bytes) -> Outcome | None:
        """Send the content except the final dot; None unless the connection broke."""
        self.stage = Stage.BODY
        self._wire.write(content)
        try:
            await self._wire.drain(self._timeouts.body)
        except TROUBLE as error:
            return self._broken(error)
        return None

    async def finish(self, following: Envelope | None) -> Outcome:
        """Write the final dot and the next transaction's commands with it, and read the reply."""
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
        """Close at once; before the final dot this withdraws the message."""
        self._is_broken = True
        self._wire.abort()

    async def quit(self) -> None:
        """Send QUIT and close; wait only briefly for the reply."""
        if self.is_usable:
            self._wire.write(b"QUIT\r\n")
            with suppress(*TROUBLE):
                await self._wire.reply(self._timeouts.quit)
        self.abort()

    @property
    def _pipelines(self) -> bool:
        return self.extensions.pipelining

    def _begin(self, envelope: Envelope) -> bytes:
        """The first bytes of a transaction, preceded by RSET where the last one was left open."""
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
                # A relay that refuses and then hangs up has refused.
                return refusal or self._broken(error)
            if refusal is None and not _goes_on(stage, reply):
                refusal = self._refusal(stage, reply)
        if refusal is not None and reply is not None and reply.code == GO_AHEAD:
            await self._end_unwanted_content(refusal)
        return refusal

    async def _end_unwanted_content(self, refusal: Outcome) -> None:
        """End a DATA that the relay accepted although it refused MAIL or RCPT (RFC 2920, 3.1)."""
        if refusal.stage is not Stage.RCPT:
            self.abort()
            return
        self._wire.write(b".\r\n")  # no recipient is left: an empty message ends the transaction
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
        """A reply arrived or the connection broke before the dot: nothing has been sent."""
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
    """A context that verifies name and certificate, against `ca_file` alone where it is set.

    Raises ConfigurationError when that file cannot be read as certificates.
    """
    # Loaded before anything is claimed: a first import in `connect` would block the event loop.
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
