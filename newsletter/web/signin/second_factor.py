"""/sign-in/code: the code of an authenticator app, after a password or a link."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.store.attempt_limits import AttemptLimit, any_is_reached, count_attempt
from newsletter.store.authenticators import (
    Authenticator,
    authenticator_of,
    count_recovery_codes,
    use_recovery_code,
    use_step,
)
from newsletter.store.passkeys import passkeys_of
from newsletter.store.users import Editor, user_by_id
from newsletter.web.reader.answers import read_form, text
from newsletter.web.signin.attempts import (
    AWAITS_CODE,
    PER_ADDRESS,
    account_state,
    forget_own_attempts,
    may_attempt,
    note_failure,
    start,
)
from newsletter.web.signin.auth_context import AuthContext, auth_context_of
from newsletter.web.signin.csrf import is_same_origin
from newsletter.web.signin.encryption import decrypt
from newsletter.web.signin.outcome_pages import signed_in
from newsletter.web.signin.pages import WITH_PASSKEYS, page, refused
from newsletter.web.signin.passkeys import relying_party
from newsletter.web.signin.steps import delete_step_cookie, step_in_cookie
from newsletter.web.signin.totp import step_of, tidy

GUESSED = "somebody tries to guess the code of your authenticator app"
RECOVERED = "somebody signed in with one of your recovery codes"

log = logging.getLogger("newsletter")

WRONG_CODES = AttemptLimit(most=50, per=timedelta(days=1))
"""Wrong codes after which those of the app are not looked at: from many networks, one among a million
would be guessed within weeks. No success resets them. Recovery codes, which nobody guesses, go on working."""

NOTICED = AttemptLimit(most=PER_ADDRESS.most, per=WRONG_CODES.per)
"""Wrong codes in a day of which the editor is told."""

_TOLD = AttemptLimit(most=1, per=timedelta(days=1))


async def show(request: Request) -> Response:
    """Ask for the code, of whom has got past the first step in this browser."""
    if step_in_cookie(request, AWAITS_CODE) is None:
        return _start_again(request)
    return _code_page(request, next_page=request.query_params.get("next", ""))


async def take(request: Request) -> Response:
    """Sign in with the code of the app, or with a recovery code."""
    if not is_same_origin(request):
        return refused(request, "other-site")
    form = await read_form(request) or FormData()
    next_page = text(form, "next")
    step = step_in_cookie(request, AWAITS_CODE)
    editor = await run_in_threadpool(_who, request, step) if step is not None else None
    if step is None or editor is None:
        return _start_again(request)
    if not await run_in_threadpool(may_attempt, request, editor.address, "code"):
        return refused(request, "too-often", 429)
    session = await run_in_threadpool(_sign_in, request, editor, step["way"], text(form, "code"))
    if session is None:
        return _code_page(request, next_page=next_page, is_wrong=True)
    response = signed_in(request, session, next_page)
    delete_step_cookie(request, response)
    return response


def use_code(auth: AuthContext, connection: sa.Connection, editor: Editor, code: str) -> str | None:
    """Use up a code of the editor's app, or a recovery code; returns what it was, None if neither.

    A wrong one is counted, and the editor is told of several.
    """
    app = authenticator_of(connection, editor)
    if app is None:
        return None
    used = _used(auth, connection, editor, app, code)
    if used is None:
        _count_wrong_code(auth, connection, editor)
    return used


def _used(
    auth: AuthContext, connection: sa.Connection, editor: Editor, app: Authenticator, code: str
) -> str | None:
    secret = decrypt(auth.secrets, app.secret)
    if secret is None:
        log.warning("the secret of an authenticator app cannot be read; was secret_key changed?")
    step = None
    if secret is not None and not _is_guessed(auth, connection, editor):
        step = step_of(secret, code, auth.clock())
    if step is not None and use_step(connection, editor, step):
        return "a code"
    return "a recovery code" if use_recovery_code(connection, editor, tidy(code)) else None


def _wrong_key(auth: AuthContext, editor: Editor) -> str:
    return auth.keyed(f"wrong codes {editor.id}")


def _is_guessed(auth: AuthContext, connection: sa.Connection, editor: Editor) -> bool:
    return any_is_reached(connection, {_wrong_key(auth, editor): WRONG_CODES}, auth.clock())


def _count_wrong_code(auth: AuthContext, connection: sa.Connection, editor: Editor) -> None:
    key, now = _wrong_key(auth, editor), auth.clock()
    count_attempt(connection, key, WRONG_CODES, now)
    if any_is_reached(connection, {key: NOTICED}, now):
        _tell_of_guesses(auth, connection, editor)


def _tell_of_guesses(auth: AuthContext, connection: sa.Connection, editor: Editor) -> None:
    """Tell the editor, once a day: who guesses has the password, a link or an open browser."""
    if count_attempt(connection, auth.keyed(f"told {editor.id}"), _TOLD, auth.clock()):
        reason = "Wrong codes were entered after your password, after a link to you, or where you are signed in."
        auth.put_notice(connection, editor, GUESSED, reason)


def has_factor(connection: sa.Connection, editor: Editor) -> bool:
    """Whether the editor has a passkey or an authenticator app."""
    return (
        authenticator_of(connection, editor) is not None or len(passkeys_of(connection, editor)) > 0
    )


def _who(request: Request, step: Mapping[str, str]) -> Editor | None:
    """Who has got past the first step, unless the password or the app has changed since."""
    auth = auth_context_of(request)
    with auth.database.transaction(read_only=True) as connection:
        editor = user_by_id(connection, int(step["user"]))
        is_current = (
            editor is not None
            and step["as"] == account_state(auth, connection, editor)
            and authenticator_of(connection, editor) is not None
        )
    return editor if is_current else None


def _sign_in(request: Request, editor: Editor, way: str, code: str) -> str | None:
    auth = auth_context_of(request)
    with auth.database.transaction() as connection:
        used = use_code(auth, connection, editor, code)
        if used is not None:
            forget_own_attempts(request, connection, editor.address, "code")
            if used == "a recovery code":
                left = count_recovery_codes(connection, editor)
                auth.put_notice(connection, editor, RECOVERED, f"Codes that are left: {left}.")
            full_way = f"{way} and {used}"
            return start(request, connection, editor, full_way, second_factor=True)
    note_failure(request, editor, "wrong code")
    return None


def _code_page(request: Request, *, next_page: str, is_wrong: bool = False) -> Response:
    auth = auth_context_of(request)
    context = {
        "next": next_page,
        "is_wrong": is_wrong,
        "party": relying_party(auth.url, auth.title()),
    }
    status = 403 if is_wrong else 200
    return page(request, "signin/code.html.j2", context, status, WITH_PASSKEYS)


def _start_again(request: Request) -> Response:
    return RedirectResponse(f"{auth_context_of(request).base_path}/sign-in", status_code=303)
