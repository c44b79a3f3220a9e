"""/account/authenticator: an authenticator app is set up or turned off, and recovery codes are made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from newsletter.store.authenticators import (
    authenticator_of,
    count_recovery_codes,
    remove_authenticator,
    set_authenticator,
    set_recovery_codes,
)
from newsletter.store.sessions import BrowserSession, note_second_factor
from newsletter.store.users import password_hash_of, sign_out_everywhere
from newsletter.web.reader.answers import text
from newsletter.web.signin.account_changes import (
    is_present_password,
    may_add_factor,
    note,
    own_session,
)
from newsletter.web.signin.attempts import may_attempt
from newsletter.web.signin.auth_context import AuthContext, auth_context_of
from newsletter.web.signin.encryption import encrypt
from newsletter.web.signin.pages import page, refused
from newsletter.web.signin.second_factor import use_code
from newsletter.web.signin.steps import read_step, sign_step
from newsletter.web.signin.totp import (
    address_for_app,
    new_recovery_codes,
    new_secret,
    qr_code,
    step_of,
    tidy,
)

APP_ON = "an authenticator app was set up for your account"
APP_OFF = "the authenticator app of your account was turned off"
NEW_CODES = "new recovery codes were made for your account"

_PURPOSE = "authenticator"


async def show(request: Request) -> Response:
    """Show the app and how many recovery codes are left, or a secret for a new app."""
    return await run_in_threadpool(_show, request, await own_session(request))


async def change(request: Request) -> Response:
    """Do what the pressed button says: set an app up, turn it off, or make recovery codes."""
    session, form = await own_session(request), await request.form()
    if text(form, "action") == "set-up":
        threads = auth_context_of(request).password_threads
        answer: Response = await threads.run(_set_up, request, session, form)
        return answer
    return await run_in_threadpool(_change, request, session, form)


def _show(
    request: Request, session: BrowserSession, notice: str = "", status: int = 200
) -> Response:
    auth = auth_context_of(request)
    with auth.database.transaction(read_only=True) as connection:
        app = authenticator_of(connection, session.editor)
        if app is not None:
            left = count_recovery_codes(connection, session.editor)
            context = {"app": app, "left": left, "notice": notice}
            return _page(request, session, context, status)
        if not may_add_factor(connection, auth, session):
            return refused(request, "show-second-factor")
        has_password = bool(password_hash_of(connection, session.editor))
    return _set_up_page(request, session, new_secret(), has_password=has_password)


def _set_up_page(
    request: Request,
    session: BrowserSession,
    secret: str,
    *,
    has_password: bool,
    notice: str = "",
) -> Response:
    auth = auth_context_of(request)
    address = address_for_app(secret, account=session.editor.address, title=auth.title())
    context = {
        "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        "address": address,
        "qr_code": qr_code(address),
        "state": sign_step(auth, _PURPOSE, {"secret": secret, "session": str(session.id)}),
        "has_password": has_password,
        "notice": notice,
    }
    return _page(request, session, context, 403 if notice else 200)


def _set_up(request: Request, session: BrowserSession, form: FormData) -> Response:
    auth, editor = auth_context_of(request), session.editor
    step = read_step(auth, _PURPOSE, text(form, "state"))
    if step is None or step["session"] != str(session.id):
        return refused(request, "stale-form")
    with auth.database.transaction(read_only=True) as connection:
        known = password_hash_of(connection, editor)
        may_add = may_add_factor(connection, auth, session)
    if not may_add:
        return refused(request, "show-second-factor")
    used = step_of(step["secret"], text(form, "code"), auth.clock())
    problem = "wrong-code" if used is None else ""
    if known and not is_present_password(auth, session, text(form, "current"), known):
        problem = "wrong-password"
    if used is None or problem:
        return _set_up_page(
            request, session, step["secret"], has_password=bool(known), notice=problem
        )
    encrypted, codes = encrypt(auth.secrets, step["secret"]), new_recovery_codes()
    with auth.database.transaction() as connection:
        if authenticator_of(connection, editor) is not None:
            return refused(request, "stale-form")
        if not may_add_factor(connection, auth, session):  # again: one was added meanwhile
            return refused(request, "show-second-factor")
        set_authenticator(connection, editor, secret=encrypted, step=used, now=auth.clock())
        set_recovery_codes(connection, editor, map(tidy, codes))
        note_second_factor(connection, session)
        # A session elsewhere may be of somebody who has only the password.
        sign_out_everywhere(connection, editor.id, except_session=session.id)
        _tell(connection, auth, session, "set up authenticator app", APP_ON)
    return _page(request, session, {"codes": codes, "is_new": True})


def _change(request: Request, session: BrowserSession, form: FormData) -> Response:
    auth, editor, action = auth_context_of(request), session.editor, text(form, "action")
    if action not in ("turn-off", "new-codes"):
        return _show(request, session)
    if not may_attempt(request, editor.address, "code"):
        return refused(request, "too-often", 429)
    codes = new_recovery_codes()
    with auth.database.transaction() as connection:
        is_right = use_code(auth, connection, editor, text(form, "code")) is not None
        if is_right and action == "turn-off":
            remove_authenticator(connection, editor)
            _tell(connection, auth, session, "turn off authenticator app", APP_OFF)
        elif is_right:
            set_recovery_codes(connection, editor, map(tidy, codes))
            _tell(connection, auth, session, "make recovery codes", NEW_CODES)
    if not is_right:
        return _show(request, session, "wrong-code", 403)
    if action == "turn-off":
        return _page(request, session, {"is_off": True})
    return _page(request, session, {"codes": codes})


def _tell(
    connection: sa.Connection, auth: AuthContext, session: BrowserSession, what: str, notice: str
) -> None:
    """Write it into the record, and to the editor, whose account somebody else may have."""
    note(connection, auth, session, what, "")
    auth.put_notice(connection, session.editor, notice, f"In {session.browser}.")


def _page(
    request: Request, session: BrowserSession, context: Mapping[str, Any], status: int = 200
) -> Response:
    none = {"codes": (), "is_new": False, "is_off": False, "app": None, "notice": ""}
    values = {"editor": session.editor, **none, **context}
    return page(request, "signin/authenticator.html.j2", values, status)
