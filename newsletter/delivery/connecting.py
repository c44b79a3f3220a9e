"""Opens a connection to a relay: greeting, TLS, and signing in by password or access token."""

from __future__ import annotations

import asyncio
import base64
import socket
import ssl
from typing import TYPE_CHECKING

from newsletter.config.settings import RelaySettings
from newsletter.delivery.classify import Meaning, Stage
from newsletter.delivery.envelope import Extensions
from newsletter.delivery.outcome import Outcome, from_reply, from_trouble
from newsletter.delivery.replies import Reply, ReplyError
from newsletter.delivery.transport import Connection, Timeouts, security_of
from newsletter.delivery.wire import take_over
from newsletter.errors import AccessTokenError
from subscribers.sasl import GIVE_UP, initial_response, reported_error

if TYPE_CHECKING:
    import aiosmtplib

    from newsletter.delivery.access_tokens import AccessTokens

_CONTINUE, _SIGNED_IN = 334, 235
"""Replies to AUTH (RFC 4954 section 4)."""

_NEXT_ADDRESS_AFTER = 0.25
"""Seconds that an address may take to answer before the next one is tried beside it (RFC 8305)."""


async def connect(
    relay: RelaySettings,
    tls: ssl.SSLContext | None,
    local_hostname: str,
    timeouts: Timeouts,
    tokens: AccessTokens | None = None,
) -> Connection | Outcome:
    """A session after EHLO, TLS and AUTH as configured, or the reason why it failed.

    `tls` is None for security "none". With "starttls" and "tls" a message is never sent in clear
    text: a relay that does not offer STARTTLS is not used. `tokens` is None for a password. An
    access token that the relay refuses may have been withdrawn, so a new one is tried once.
    """
    opened = await _open(relay, tls, local_hostname, timeouts, tokens)
    if tokens is None or isinstance(opened, Connection) or opened.stage is not Stage.AUTH:
        return opened
    if opened.code and tokens.was_kept:
        tokens.forget()
        return await _open(relay, tls, local_hostname, timeouts, tokens)
    return opened


async def _open(
    relay: RelaySettings,
    tls: ssl.SSLContext | None,
    local_hostname: str,
    timeouts: Timeouts,
    tokens: AccessTokens | None,
) -> Connection | Outcome:
    import aiosmtplib  # slow to load, so only imported when there is something to send

    security = security_of(relay)
    session = aiosmtplib.SMTP(
        hostname=relay.host,
        username=relay.username if tokens is None else None,
        password=relay.password,
        local_hostname=relay.hostname or local_hostname,
        timeout=timeouts.connect,
        use_tls=security == "tls",
        start_tls=security == "starttls",
        tls_context=tls,
    )
    try:
        await session.connect(sock=await _dial(relay.host, relay.port, timeouts.connect))
        if session.is_ehlo_or_helo_needed:
            await _greet(session)
        if tokens is not None:
            await _sign_in_by_token(session, relay, await tokens.get())
        return Connection(take_over(session), _extensions(session, relay), timeouts)
    except aiosmtplib.SMTPResponseException as error:
        session.close()
        return _refused_session(error)
    except AccessTokenError as error:
        session.close()
        meaning = Meaning.POLICY if error.is_final else Meaning.RELAY
        return Outcome(stage=Stage.AUTH, meaning=meaning, text=str(error))
    # UnicodeError: the host name cannot be encoded for the DNS.
    except (aiosmtplib.SMTPException, OSError, UnicodeError) as error:
        session.close()
        return from_trouble(Stage.CONNECT, error)


async def _dial(host: str, port: int, seconds: float) -> socket.socket:
    """A connection to the first address of the host that answers.

    Many hosts have an IPv6 address that their visitors' networks do not reach, without saying so.
    """
    import aiohappyeyeballs

    try:
        async with asyncio.timeout(seconds):
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
            return await aiohappyeyeballs.start_connection(
                found, happy_eyeballs_delay=_NEXT_ADDRESS_AFTER, interleave=1
            )
    except TimeoutError:
        raise TimeoutError(f"Timed out connecting to {host} on port {port}") from None
    except OSError as error:
        raise OSError(f"Error connecting to {host} on port {port}: {error}") from error


async def _greet(session: aiosmtplib.SMTP) -> None:
    import aiosmtplib

    try:
        await session.ehlo()
    except aiosmtplib.SMTPHeloError as error:
        if error.code not in (500, 502):  # the server does not know EHLO (RFC 5321 section 3.2)
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


def _extensions(session: aiosmtplib.SMTP, relay: RelaySettings) -> Extensions:
    size = session.esmtp_extensions.get("size")
    limits = (int(size) if size and size.isdigit() else 0, relay.max_message_size or 0)
    return Extensions(
        pipelining=session.supports_extension("pipelining"),
        smtputf8=session.supports_extension("smtputf8"),
        takes_size=size is not None,
        size=min((limit for limit in limits if limit), default=0),
    )


async def _sign_in_by_token(session: aiosmtplib.SMTP, relay: RelaySettings, token: str) -> None:
    """Sign in; raises SMTPAuthenticationError with what the relay says of the token."""
    import aiosmtplib

    mechanism = relay.auth
    if mechanism not in session.server_auth_methods:
        offered = ", ".join(session.server_auth_methods) or "no way to sign in"
        raise AccessTokenError(
            f"the relay offers {offered}, and not {mechanism}",
            is_final=True,
            field="relays.auth",
            fix="set auth to a way that the relay offers; some offer them only after TLS",
        )
    assert mechanism != "password"  # noqa: S101 - narrows: a password has no tokens
    words = initial_response(
        mechanism, username=relay.username or "", token=token, host=relay.host, port=relay.port
    )
    response = await session.execute_command(
        b"AUTH", mechanism.upper().encode(), base64.b64encode(words)
    )
    said = ""
    if response.code == _CONTINUE:
        said = reported_error(response.message)
        response = await session.execute_command(base64.b64encode(GIVE_UP[mechanism]))
    if response.code != _SIGNED_IN:
        raise aiosmtplib.SMTPAuthenticationError(
            response.code, f"{response.message} {said}".strip()
        )
