"""/account: an editor's sessions, password and API keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.errors import InputError
from newsletter.store import audit
from newsletter.store.api_tokens import (
    EVERY_SCOPE,
    ApiScope,
    api_tokens_of,
    make_api_token,
    revoke_api_token,
    revoke_api_tokens,
)
from newsletter.store.attempt_limits import count_attempt, forget_attempts
from newsletter.store.sessions import BrowserSession, end_session, sessions_of
from newsletter.store.users import (
    Editor,
    password_hash_of,
    set_password_hash,
    sign_out_everywhere,
)
from newsletter.web.reader.answers import text, texts
from newsletter.web.signin.attempts import PER_ADDRESS
from newsletter.web.signin.auth_context import AuthContext, auth_context_of, delete_session_cookie
from newsletter.web.signin.pages import page, row_id
from newsletter.web.signin.passwords import hash_password, is_right
from newsletter.web.signin.session import current_session

MAX_NAME = 60
"""The most characters in the name of an API key."""

LASTS = {
    "30": timedelta(days=30),
    "90": timedelta(days=90),
    "365": timedelta(days=365),
    "none": None,
}
"""How long a new API key works, by the form's choices."""

NEW_KEY = "an API key was made for your account"

_FOR_EDITORS = frozenset({ApiScope.READ, ApiScope.ISSUES})
"""The scopes that are of use to an editor who is not a publisher."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Notice:
    """What the page says after a change: `kind` is one of account.html.j2."""

    kind: str
    detail: str = ""
    status: int = 200


async def show(request: Request) -> Response:
    """Show the account page."""
    return await _page(request, None)


async def change(request: Request) -> Response:
    """Do what the pressed button says: change the password, the keys or the sessions."""
    form = await request.form()
    if text(form, "action") == "password":
        threads = auth_context_of(request).password_threads
        notice: _Notice | None = await threads.run(_set_password, request, form)
    else:
        notice = await run_in_threadpool(_act, request, form)
    return await _page(request, notice)


async def sign_out(request: Request) -> Response:
    """End this browser's session."""
    session = await _own_session(request)
    await run_in_threadpool(_end, request, session)
    response = RedirectResponse(f"{auth_context_of(request).base_path}/sign-in", status_code=303)
    delete_session_cookie(request, response)
    return response


async def _page(request: Request, notice: _Notice | None) -> Response:
    session = await _own_session(request)
    context = await run_in_threadpool(_context, auth_context_of(request), session)
    return page(
        request,
        "signin/account.html.j2",
        {**context, "notice": notice},
        notice.status if notice else 200,
    )


def _context(auth: AuthContext, session: BrowserSession) -> dict[str, object]:
    with auth.database.transaction(read_only=True) as connection:
        return {
            "editor": session.editor,
            "here": session.id,
            "sessions": sessions_of(connection, session.editor, auth.clock()),
            "tokens": api_tokens_of(connection, session.editor),
            "has_password": bool(password_hash_of(connection, session.editor)),
            "max_name": MAX_NAME,
            "scopes": [scope for scope in ApiScope if scope in _offered(session.editor)],
            "every_scope": EVERY_SCOPE,
            "now": auth.clock(),
        }


async def _own_session(request: Request) -> BrowserSession:
    session = await current_session(request)
    assert session is not None  # noqa: S101 - require_editor guards every page of this file
    return session


def _act(request: Request, form: FormData) -> _Notice | None:
    auth = auth_context_of(request)
    session: BrowserSession = request.scope["newsletter.session"]
    match text(form, "action"):
        case "make-key":
            return _make_key(auth, session, form)
        case "revoke-key":
            return _revoke_key(auth, session, text(form, "name"))
        case "end-session":
            return _end_other(auth, session, row_id(text(form, "session")))
        case "end-others":
            with auth.database.transaction() as connection:
                sign_out_everywhere(connection, session.editor.id, except_session=session.id)
                _note(connection, auth, session, "sign out", "everywhere else")
            return _Notice(kind="ended-others")
        case _:
            return None


def _set_password(request: Request, form: FormData) -> _Notice:
    auth = auth_context_of(request)
    session: BrowserSession = request.scope["newsletter.session"]
    current, new = text(form, "current"), text(form, "password")
    with auth.database.transaction(read_only=True) as connection:
        known = password_hash_of(connection, session.editor)
    if known and not _is_present_password(auth, session, current, known):
        return _Notice(kind="wrong-password", status=403)
    try:
        password_hash = hash_password(new)
    except InputError as error:
        return _Notice(kind="bad-password", detail=error.problem.message, status=422)
    with auth.database.transaction() as connection:
        set_password_hash(connection, session.editor, password_hash)
        # The password may be changed because somebody else knew it.
        sign_out_everywhere(connection, session.editor.id, except_session=session.id)
        ended = 0 if text(form, "keep-keys") else revoke_api_tokens(connection, session.editor.id)
        _note(
            connection, auth, session, "set password", f"API keys ended: {ended}" if ended else ""
        )
    return _Notice(kind="password-set", detail=str(ended or ""))


def _is_present_password(
    auth: AuthContext, session: BrowserSession, current: str, known: str
) -> bool:
    """Whether it is right; after a few wrong ones nothing is checked for a quarter of an hour."""
    key = auth.keyed(f"tries present password {session.editor.id}")
    with auth.database.transaction() as connection:
        if not count_attempt(connection, key, PER_ADDRESS, auth.clock()):
            return False
    if not is_right(current, known):
        return False
    with auth.database.transaction() as connection:
        forget_attempts(connection, key)
    return True


def _make_key(auth: AuthContext, session: BrowserSession, form: FormData) -> _Notice:
    name = " ".join(text(form, "name").split())[:MAX_NAME]
    if not name:
        return _Notice(kind="no-name", status=422)
    offered = _offered(session.editor)
    scopes = {scope for scope in offered if scope.value in texts(form, "scope")}
    if not scopes:
        return _Notice(kind="no-scope", status=422)
    if text(form, "lasts") not in LASTS:
        return _Notice(kind="no-expiry", status=422)
    with auth.database.transaction() as connection:
        token = make_api_token(
            connection,
            session.editor,
            name=name,
            now=auth.clock(),
            scopes=scopes,
            lasts=LASTS[text(form, "lasts")],
        )
        _note(connection, auth, session, "make API key", name)
        scope = ", ".join(sorted(scopes))
        auth.put_notice(
            connection, session.editor, NEW_KEY, f"Its name is {name}; it may: {scope}."
        )
    return _Notice(kind="key-made", detail=token)


def _offered(editor: Editor) -> frozenset[ApiScope]:
    """The scopes that the editor may give a key."""
    return EVERY_SCOPE if editor.is_publisher else _FOR_EDITORS


def _revoke_key(auth: AuthContext, session: BrowserSession, name: str) -> _Notice:
    with auth.database.transaction() as connection:
        if revoke_api_token(connection, session.editor, name):
            _note(connection, auth, session, "revoke API key", name)
    return _Notice(kind="key-revoked", detail=name)


def _end_other(auth: AuthContext, session: BrowserSession, which: int | None) -> _Notice:
    with auth.database.transaction() as connection:
        if which is not None and end_session(connection, session.editor, which):
            _note(connection, auth, session, "sign out", "another browser")
    return _Notice(kind="ended")


def _end(request: Request, session: BrowserSession) -> None:
    auth = auth_context_of(request)
    with auth.database.transaction() as connection:
        end_session(connection, session.editor, session.id)
        _note(connection, auth, session, "sign out", "")


def _note(
    connection: sa.Connection, auth: AuthContext, session: BrowserSession, what: str, detail: str
) -> None:
    audit.record(connection, who=session.editor.address, what=what, detail=detail, now=auth.clock())
