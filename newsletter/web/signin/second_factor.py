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

from newsletter.store.attempt_limits import AttemptLimit, count_attempt
from newsletter.store.authenticators import (
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
    if not await run_in_threadpool(_may_try, request, editor):
        return refused(request, "too-often", 429)
    session = await run_in_threadpool(_sign_in, request, editor, step["way"], text(form, "code"))
    if session is None:
        return _code_page(request, next_page=next_page, is_wrong=True)
    response = signed_in(request, session, next_page)
    delete_step_cookie(request, response)
    return response


def use_code(auth: AuthContext, connection: sa.Connection, editor: Editor, code: str) -> str | None:
    """Use up a code of the editor's app, or a recovery code; returns what it was, None if neither."""
    app = authenticator_of(connection, editor)
    if app is None:
        return None
    secret = decrypt(auth.secrets, app.secret)
    if secret is None:
        log.warning("the secret of an authenticator app cannot be read; was secret_key changed?")
    step = step_of(secret, code, auth.clock()) if secret is not None else None
    if step is not None and use_step(connection, editor, step):
        return "a code"
    return "a recovery code" if use_recovery_code(connection, editor, tidy(code)) else None


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


def _may_try(request: Request, editor: Editor) -> bool:
    """Whether a further code is looked at; who guesses has the password, so the editor is told."""
    if may_attempt(request, editor.address, "code"):
        return True
    auth = auth_context_of(request)
    with auth.database.transaction() as connection:
        if count_attempt(connection, auth.keyed(f"told {editor.id}"), _TOLD, auth.clock()):
            reason = "Many wrong codes were entered after your password, or after a link to you."
            auth.put_notice(connection, editor, GUESSED, reason)
    return False


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
