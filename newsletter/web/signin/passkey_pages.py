"""/sign-in/passkey signs in with a passkey; /account/passkey is the first step of adding one, in JSON.

A challenge is signed and works once. Which passkey signs is the browser's choice, so that neither
page tells whether an address is known.
"""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from newsletter.store.attempt_limits import AttemptLimit, count_attempt
from newsletter.store.passkeys import (
    Passkey,
    add_passkey,
    find_passkey,
    note_use,
    passkeys_of,
    user_handle_of,
)
from newsletter.store.sessions import BrowserSession
from newsletter.web.reader.answers import read_form, text
from newsletter.web.signin.account_changes import may_add_factor
from newsletter.web.signin.attempts import (
    SignInAnswer,
    SignInOutcome,
    may_attempt_here,
    note_failure,
    start,
)
from newsletter.web.signin.auth_context import AuthContext, auth_context_of
from newsletter.web.signin.browsers import browser_name
from newsletter.web.signin.csrf import is_same_origin
from newsletter.web.signin.outcome_pages import answer_outcome
from newsletter.web.signin.pages import HEADERS, refused
from newsletter.web.signin.passkeys import (
    PasskeyError,
    RelyingParty,
    claimed_by,
    may_be_copied,
    new_passkey,
    questions_for_new,
    questions_for_sign_in,
    relying_party,
    signed_count,
)
from newsletter.web.signin.steps import read_step, sign_step
from subscribers.quiet_log import QuietLog

CHALLENGE_LASTS = timedelta(hours=1)
"""A browser that offers passkeys in the address field has asked when the page was opened."""

COPIED = "a copy of one of your passkeys may exist"
MOST_PASSKEYS = 20
"""The most passkeys of one editor."""
MAX_NAME = 60
"""The most characters in a passkey's name."""

_SIGN_IN, _ADD = "passkey", "new passkey"
_ONCE = AttemptLimit(most=1, per=CHALLENGE_LASTS)

log = logging.getLogger("newsletter")
strangers = QuietLog(log)


async def ask_for_sign_in(request: Request) -> Response:
    """What the browser needs to sign in with a passkey, in JSON."""
    auth, party = auth_context_of(request), _party(request)
    challenge = secrets.token_urlsafe(32)
    return JSONResponse(
        {
            "ask": questions_for_sign_in(party, challenge),
            "state": sign_step(auth, _SIGN_IN, {"challenge": challenge}, CHALLENGE_LASTS),
        },
        headers=HEADERS,
    )


async def take_sign_in(request: Request) -> Response:
    """Sign in with the answer of a passkey, which counts as both factors."""
    if not is_same_origin(request):
        return refused(request, "other-site")
    form = await read_form(request) or FormData()
    outcome = await run_in_threadpool(
        _sign_in, request, _party(request), text(form, "state"), text(form, "credential")
    )
    return answer_outcome(request, outcome, text(form, "next"))


def ask_for_new(request: Request, session: BrowserSession) -> Response:
    """What the browser needs to make a passkey for the editor, in JSON."""
    auth, party, editor = auth_context_of(request), _party(request), session.editor
    challenge = secrets.token_urlsafe(32)
    with auth.database.transaction(read_only=True) as connection:
        handle = user_handle_of(connection, editor)
        known = [passkey.credential_id for passkey in passkeys_of(connection, editor)]
    ask = questions_for_new(
        party,
        handle=handle,
        address=editor.address,
        name=editor.name,
        challenge=challenge,
        known=known,
    )
    values = {"challenge": challenge, "handle": handle, "session": str(session.id)}
    state = sign_step(auth, _ADD, values, CHALLENGE_LASTS)
    return JSONResponse({"ask": ask, "state": state}, headers=HEADERS)


def add(request: Request, session: BrowserSession, form: FormData) -> str | None:
    """Keep the passkey that the browser has made after `ask_for_new`; returns its name."""
    auth, party = auth_context_of(request), _party(request)
    step = read_step(auth, _ADD, text(form, "state"))
    if step is None or step["session"] != str(session.id):
        return None
    try:
        made = new_passkey(party, step["challenge"], text(form, "credential"))
    except PasskeyError as error:
        log.warning("%s", error)
        return None
    own = " ".join(text(form, "name").split())[:MAX_NAME]
    name = own or browser_name(request.headers.get("user-agent", ""))
    with auth.database.transaction() as connection:
        has_room = len(passkeys_of(connection, session.editor)) < MOST_PASSKEYS
        is_new = (
            has_room
            # Again: since the question the editor may have added one, which this session has not shown.
            and may_add_factor(connection, auth, session)
            and _is_first_use(auth, connection, step["challenge"])
            and add_passkey(
                connection,
                session.editor,
                made,
                user_handle=step["handle"],
                name=name,
                now=auth.clock(),
            )
        )
    return name if is_new else None


def _sign_in(request: Request, party: RelyingParty, state: str, answer: str) -> SignInOutcome:
    auth, failed = auth_context_of(request), SignInOutcome(answer=SignInAnswer.PASSKEY)
    if not may_attempt_here(request):
        return SignInOutcome(answer=SignInAnswer.TOO_OFTEN)
    step = read_step(auth, _SIGN_IN, state)
    if step is None:
        return failed
    try:
        claimed = claimed_by(answer)
        with auth.database.transaction(read_only=True) as connection:
            passkey = find_passkey(connection, claimed.credential_id)
        if passkey is None or passkey.user_handle != claimed.user_handle:
            raise PasskeyError("nobody has this passkey")  # noqa: TRY301 - all end in one page
        count = signed_count(party, step["challenge"], answer, passkey)
    except PasskeyError as error:
        strangers.warning("a sign-in with a passkey failed: %s", error)
        return failed
    if may_be_copied(before=passkey.sign_count, now=count):
        _warn_of_copy(request, passkey)
        return failed
    with auth.database.transaction() as connection:
        if not _is_first_use(auth, connection, step["challenge"]):
            return failed
        if not note_use(connection, passkey, sign_count=count, now=auth.clock()):
            return failed
        way = f"with the passkey {passkey.name}"
        session = start(request, connection, passkey.editor, way, second_factor=True)
        return SignInOutcome(session=session)


def _warn_of_copy(request: Request, passkey: Passkey) -> None:
    """Record it, and tell the editor: one of two devices with the same key is a stranger's."""
    auth = auth_context_of(request)
    note_failure(request, passkey.editor, f"the passkey {passkey.name} may have been copied")
    with auth.database.transaction() as connection:
        auth.put_notice(
            connection,
            passkey.editor,
            COPIED,
            f"Two devices seem to use the passkey {passkey.name}, so nobody was signed in with it. "
            "Remove it on your account page, and add a new one.",
        )


def _is_first_use(auth: AuthContext, connection: sa.Connection, challenge: str) -> bool:
    return count_attempt(connection, auth.keyed(f"challenge {challenge}"), _ONCE, auth.clock())


def _party(request: Request) -> RelyingParty:
    """For whom passkeys are made; where there are none, neither are these pages."""
    auth = auth_context_of(request)
    party = relying_party(auth.url, auth.title())
    if party is None:
        raise HTTPException(404)
    return party
