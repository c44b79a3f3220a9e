"""/account: an editor's sessions, password, passkeys and API keys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from newsletter.errors import InputError
from newsletter.store.api_tokens import (
    EVERY_SCOPE,
    ApiScope,
    api_tokens_of,
    make_api_token,
    revoke_api_token,
    revoke_api_tokens,
)
from newsletter.store.authenticators import authenticator_of
from newsletter.store.passkeys import passkeys_of, remove_passkey
from newsletter.store.sessions import (
    BrowserSession,
    end_session,
    note_second_factor,
    sessions_of,
)
from newsletter.store.users import (
    Editor,
    password_hash_of,
    set_password_hash,
    sign_out_everywhere,
)
from newsletter.web.reader.answers import text, texts
from newsletter.web.signin import passkey_pages
from newsletter.web.signin.account_changes import (
    is_present_password,
    may_add_factor,
    note,
    own_session,
)
from newsletter.web.signin.auth_context import AuthContext, auth_context_of, delete_session_cookie
from newsletter.web.signin.pages import HEADERS, WITH_PASSKEYS, page, refused, row_id
from newsletter.web.signin.passkeys import relying_party
from newsletter.web.signin.passwords import hash_password
from newsletter.web.signin.session import lacks_second_factor

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
NEW_PASSKEY = "a passkey was added to your account"
PASSKEY_REMOVED = "a passkey of your account was removed"

_BEFORE_SECOND_FACTOR = frozenset({"add-passkey", "end-session", "end-others"})
"""What may be done here before a second factor that the site requires is set up."""

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
    form, session = await request.form(), await own_session(request)
    if (
        lacks_second_factor(auth_context_of(request), session)
        and text(form, "action") not in _BEFORE_SECOND_FACTOR
    ):
        return refused(request, "needs-second-factor")
    if text(form, "action") == "password":
        threads = auth_context_of(request).password_threads
        notice: _Notice | None = await threads.run(_set_password, request, form)
    else:
        notice = await run_in_threadpool(_act, request, form)
    return await _page(request, notice)


async def ask_for_passkey(request: Request) -> Response:
    """Answer in JSON what the browser needs to make a passkey, or why it may not."""
    threads = auth_context_of(request).password_threads
    session, form = await own_session(request), await request.form()
    problem = await threads.run(_objection, request, session, text(form, "current"))
    if problem:
        return JSONResponse({"problem": problem}, 403, headers=HEADERS)
    return await run_in_threadpool(passkey_pages.ask_for_new, request, session)


async def sign_out(request: Request) -> Response:
    """End this browser's session."""
    session = await own_session(request)
    await run_in_threadpool(_end, request, session)
    response = RedirectResponse(f"{auth_context_of(request).base_path}/sign-in", status_code=303)
    delete_session_cookie(request, response)
    return response


async def _page(request: Request, notice: _Notice | None) -> Response:
    session = await own_session(request)
    context = await run_in_threadpool(_context, auth_context_of(request), session)
    return page(
        request,
        "signin/account.html.j2",
        {**context, "notice": notice},
        notice.status if notice else 200,
        WITH_PASSKEYS,
    )


def _context(auth: AuthContext, session: BrowserSession) -> dict[str, object]:
    with auth.database.transaction(read_only=True) as connection:
        return {
            "editor": session.editor,
            "this_session": session.id,
            "sessions": sessions_of(connection, session.editor, auth.clock()),
            "tokens": api_tokens_of(connection, session.editor),
            "has_password": bool(password_hash_of(connection, session.editor)),
            "max_name": MAX_NAME,
            "scopes": [scope for scope in ApiScope if scope in _offered(session.editor)],
            "every_scope": EVERY_SCOPE,
            "passkeys": passkeys_of(connection, session.editor),
            "app": authenticator_of(connection, session.editor),
            "party": relying_party(auth.url, auth.title()),
            "lacks_second_factor": lacks_second_factor(auth, session),
            "now": auth.clock(),
        }


def _act(request: Request, form: FormData) -> _Notice | None:
    auth = auth_context_of(request)
    session: BrowserSession = request.scope["newsletter.session"]
    match text(form, "action"):
        case "make-key":
            return _make_key(auth, session, form)
        case "revoke-key":
            return _revoke_key(auth, session, text(form, "name"))
        case "add-passkey":
            return _add_passkey(request, session, form)
        case "remove-passkey":
            return _remove_passkey(auth, session, row_id(text(form, "passkey")))
        case "end-session":
            return _end_other(auth, session, row_id(text(form, "session")))
        case "end-others":
            with auth.database.transaction() as connection:
                sign_out_everywhere(connection, session.editor.id, except_session=session.id)
                note(connection, auth, session, "sign out", "everywhere else")
            return _Notice(kind="ended-others")
        case _:
            return None


def _set_password(request: Request, form: FormData) -> _Notice:
    auth = auth_context_of(request)
    session: BrowserSession = request.scope["newsletter.session"]
    current, new = text(form, "current"), text(form, "password")
    with auth.database.transaction(read_only=True) as connection:
        known = password_hash_of(connection, session.editor)
    if known and not is_present_password(auth, session, current, known):
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
        note(connection, auth, session, "set password", f"API keys ended: {ended}" if ended else "")
    return _Notice(kind="password-set", detail=str(ended or ""))


def _objection(request: Request, session: BrowserSession, current: str) -> str:
    """Why no passkey may be added; "" if one may."""
    auth = auth_context_of(request)
    with auth.database.transaction(read_only=True) as connection:
        known = password_hash_of(connection, session.editor)
        if not may_add_factor(connection, auth, session):
            return "Sign in again, with your passkey or the code of your app, before you add one."
    if known and not is_present_password(auth, session, current, known):
        return "That is not your current password."
    return ""


def _add_passkey(request: Request, session: BrowserSession, form: FormData) -> _Notice:
    auth = auth_context_of(request)
    name = passkey_pages.add(request, session, form)
    if name is None:
        return _Notice(kind="no-passkey", status=422)
    with auth.database.transaction() as connection:
        note_second_factor(connection, session)
        note(connection, auth, session, "add passkey", name)
        auth.put_notice(connection, session.editor, NEW_PASSKEY, f"Its name is {name}.")
    return _Notice(kind="passkey-added", detail=name)


def _remove_passkey(auth: AuthContext, session: BrowserSession, which: int | None) -> _Notice:
    with auth.database.transaction() as connection:
        kept = [one for one in passkeys_of(connection, session.editor) if one.id != which]
        has_password = bool(password_hash_of(connection, session.editor))
        if not (kept or has_password or auth.can_mail):
            return _Notice(kind="last-way", status=422)
        name = remove_passkey(connection, session.editor, which) if which is not None else None
        if name is not None:
            note(connection, auth, session, "remove passkey", name)
            auth.put_notice(connection, session.editor, PASSKEY_REMOVED, f"Its name was {name}.")
    return _Notice(kind="passkey-removed", detail=name or "")


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
        note(connection, auth, session, "make API key", name)
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
            note(connection, auth, session, "revoke API key", name)
    return _Notice(kind="key-revoked", detail=name)


def _end_other(auth: AuthContext, session: BrowserSession, which: int | None) -> _Notice:
    with auth.database.transaction() as connection:
        if which is not None and end_session(connection, session.editor, which):
            note(connection, auth, session, "sign out", "another browser")
    return _Notice(kind="ended")


def _end(request: Request, session: BrowserSession) -> None:
    auth = auth_context_of(request)
    with auth.database.transaction() as connection:
        end_session(connection, session.editor, session.id)
        note(connection, auth, session, "sign out", "")
