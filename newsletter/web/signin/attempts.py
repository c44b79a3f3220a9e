"""Attempts to sign in: how many are allowed, what is recorded, and what each comes to.

A guesser must not keep an editor out, so passwords are limited by address and network together, and
only far above that by address alone. A link by mail is limited apart from passwords.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import sqlalchemy as sa
from starlette.requests import Request

from newsletter.errors import UnknownNameError
from newsletter.store import audit
from newsletter.store.attempt_limits import (
    AttemptLimit,
    attempt_within,
    count_attempt,
    forget_attempts,
)
from newsletter.store.authenticators import authenticator_of
from newsletter.store.sessions import make_link, start_session
from newsletter.store.users import Editor, find_credentials, password_hash_of, set_password_hash
from newsletter.web.signin.auth_context import AuthContext, auth_context_of
from newsletter.web.signin.browsers import browser_name, network_limits, network_of
from newsletter.web.signin.passwords import hash_password, is_right, needs_rehash
from newsletter.web.signin.steps import sign_step
from subscribers.addresses import parse_address
from subscribers.errors import AddressError
from subscribers.quiet_log import QuietLog

PER_ADDRESS = AttemptLimit(most=5, per=timedelta(minutes=15))
"""Attempts for one address from one network."""
PER_ADDRESS_ANYWHERE = AttemptLimit(most=50, per=timedelta(minutes=15))
PER_NETWORK = AttemptLimit(most=30, per=timedelta(minutes=15))
LINKS = AttemptLimit(most=10, per=timedelta(hours=1))
"""Sign-in links mailed to one editor."""

AWAITS_CODE = "code"
"""The purpose of what a browser brings back with the code."""

FAILED = "failed to sign in"
NEW_BROWSER = "somebody signed in with another browser than before"

log = logging.getLogger("newsletter")
strangers = QuietLog(log)


class SignInAnswer(StrEnum):
    """What the page says about an attempt that did not sign in."""

    WRONG = "wrong"
    LINK = "link"
    TOO_OFTEN = "too-often"
    PASSKEY = "passkey"
    PROVIDER = "provider"


@dataclass(frozen=True, kw_only=True, slots=True)
class SignInOutcome:
    """The outcome of one attempt: a session secret, what the page for the code needs, or an answer."""

    session: str | None = None
    awaits_code: str | None = None
    answer: SignInAnswer = SignInAnswer.WRONG


def may_attempt(request: Request, address: str, way: str) -> bool:
    """Count an attempt at `address` by `way`; returns whether it is within the limits."""
    key = _key(address)
    limits = {
        **network_limits(request, "tries", PER_NETWORK),
        f"tries {way} {key} {network_of(request)}": PER_ADDRESS,
        f"tries {way} {key}": PER_ADDRESS_ANYWHERE,
    }
    return _attempt_within(auth_context_of(request), limits)


def may_attempt_here(request: Request) -> bool:
    """Count an attempt that is for no address; returns whether its network is within the limits."""
    return _attempt_within(auth_context_of(request), network_limits(request, "tries", PER_NETWORK))


def _attempt_within(auth: AuthContext, limits: Mapping[str, AttemptLimit]) -> bool:
    keyed = {auth.keyed(name): limit for name, limit in limits.items()}
    return attempt_within(auth.database, keyed, auth.clock())


def forget_own_attempts(
    request: Request, connection: sa.Connection, address: str, way: str
) -> None:
    """Delete the counts of attempts at `address` by `way`, after one that succeeded."""
    for name in (f"{_key(address)} {network_of(request)}", _key(address)):
        forget_attempts(connection, auth_context_of(request).keyed(f"tries {way} {name}"))


def attempt_password(request: Request, address: str, password: str) -> SignInOutcome:
    """Sign in by password. It takes as long for an unknown address as for a known one.

    A wrong password is to be recorded by `note_wrong_password`, after the answer.
    """
    auth = auth_context_of(request)
    if not may_attempt(request, address, "password"):
        return SignInOutcome(answer=SignInAnswer.TOO_OFTEN)
    with auth.database.transaction(read_only=True) as connection:
        editor, password_hash = _credentials(connection, address)
    # Outside a transaction: argon2 is slow, and SQLite has one writer.
    if not is_right(password, password_hash) or editor is None:
        return SignInOutcome()
    with auth.database.transaction() as connection:
        if password_hash_of(connection, editor) != password_hash:
            return SignInOutcome()
        forget_own_attempts(request, connection, address, "password")
        if needs_rehash(password_hash):
            set_password_hash(connection, editor, hash_password(password))
        return admit(request, connection, editor, "by password")


def make_mailed_link(request: Request, address: str) -> tuple[Editor, str] | None:
    """The editor with this address and a new sign-in link; None where no link is to be mailed."""
    auth = auth_context_of(request)
    with auth.database.transaction() as connection:
        (editor, _), now = _credentials(connection, address), auth.clock()
        if editor is None:
            return None
        if not count_attempt(connection, auth.keyed(f"links {_key(address)}"), LINKS, now):
            strangers.warning("no further sign-in link is mailed to an editor within the hour")
            return None
        return editor, make_link(connection, editor, now)


def admit(request: Request, connection: sa.Connection, editor: Editor, way: str) -> SignInOutcome:
    """Start a session, or ask for a code where the editor has an authenticator app."""
    if authenticator_of(connection, editor) is None:
        return SignInOutcome(session=start(request, connection, editor, way))
    auth = auth_context_of(request)
    values = {"user": str(editor.id), "way": way, "as": account_state(auth, connection, editor)}
    return SignInOutcome(awaits_code=sign_step(auth, AWAITS_CODE, values))


def account_state(auth: AuthContext, connection: sa.Connection, editor: Editor) -> str:
    """A digest that a new password changes, so that what began with the old one ends."""
    return auth.keyed(f"account {editor.id} {password_hash_of(connection, editor)}")


def start(
    request: Request,
    connection: sa.Connection,
    editor: Editor,
    way: str,
    *,
    second_factor: bool = False,
) -> str:
    """Start a session and record it, with the browser and the network; returns its secret.

    The editor is told by mail of a browser that they have not signed in with before.
    """
    auth = auth_context_of(request)
    now, browser = auth.clock(), browser_name(request.headers.get("user-agent", ""))
    detail = f"{way}, {browser}, from {network_of(request)}"
    before = audit.details_of(connection, who=editor.address, what="sign in")
    if before and not any(f", {browser}, from " in one for one in before):
        auth.put_notice(connection, editor, NEW_BROWSER, f"Signed in {detail}.")
    audit.record(connection, who=editor.address, what="sign in", detail=detail, now=now)
    return start_session(connection, editor, browser=browser, now=now, second_factor=second_factor)


def note_wrong_password(request: Request, address: str) -> None:
    """Record a wrong password; only the log tells of an address that no editor has."""
    auth = auth_context_of(request)
    with auth.database.transaction(read_only=True) as connection:
        editor, _ = _credentials(connection, address)
    if editor is None:
        network = network_of(request)
        strangers.warning("a sign-in from %s failed: no editor has the address", network)
        return
    note_failure(request, editor, "wrong password")


def note_failure(request: Request, editor: Editor, what: str) -> None:
    """Record what was wrong when somebody tried to sign in as this editor."""
    auth = auth_context_of(request)
    with auth.database.transaction() as connection:
        audit.record(
            connection,
            who=editor.address,
            what=FAILED,
            detail=f"{what}, from {network_of(request)}",
            now=auth.clock(),
        )


def _credentials(connection: sa.Connection, address: str) -> tuple[Editor | None, str]:
    try:
        return find_credentials(connection, address)
    except (UnknownNameError, AddressError):
        return None, ""


def _key(address: str) -> str:
    """One key for all spellings of an address, so that they share one limit."""
    try:
        return parse_address(address).key
    except AddressError:
        return address.strip().casefold()
