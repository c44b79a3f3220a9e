"""Finds who is signed in by the session cookie, and guards the editors' pages.

    Route("/desk", require_editor(show_desk))
    Route("/desk/approve", require_publisher(approve), methods=["POST"])

A guard requires a session, the role, and on POST the CSRF token: the form's `csrf` field
(`{{ csrf_field(request) }}` in templates) or the header X-CSRF-Token.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from newsletter.store.sessions import BrowserSession, session_of
from newsletter.store.users import Editor, Role
from newsletter.web.signin.auth_context import MAX_BODY, AuthContext, auth_context_of, session_token
from newsletter.web.signin.csrf import csrf_token, is_same_origin, presents_csrf_token
from newsletter.web.signin.pages import refused

__all__ = [
    "MAX_BODY",
    "Editor",
    "Role",
    "csrf_token",
    "current_editor",
    "current_session",
    "require_editor",
    "require_publisher",
]

Endpoint = Callable[[Request], Awaitable[Response]]

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SCOPE_KEY = "newsletter.session"


async def current_session(request: Request) -> BrowserSession | None:
    """The valid session of this request, looked up once."""
    if _SCOPE_KEY not in request.scope:
        token = session_token(request)
        found = None
        if token is not None:
            found = await run_in_threadpool(_look_up, request, token)
        request.scope[_SCOPE_KEY] = found
    session: BrowserSession | None = request.scope[_SCOPE_KEY]
    return session


async def current_editor(request: Request) -> Editor | None:
    """Who is signed in, or None."""
    session = await current_session(request)
    return session.editor if session is not None else None


def require_editor(
    endpoint: Endpoint, *, on_account: bool = False, longest_body: int = MAX_BODY
) -> Endpoint:
    """Guard the endpoint: only for editors who are signed in; others are asked to sign in.

    The endpoints `on_account` are open before a required second factor is set up. `longest_body` is
    the most octets of a form.
    """
    return _guarded(endpoint, role=None, on_account=on_account, longest_body=longest_body)


def require_publisher(endpoint: Endpoint, *, longest_body: int = MAX_BODY) -> Endpoint:
    """Guard the endpoint: only for publishers, who may approve and send, and see readers.

    `longest_body` is the most octets of its form.
    """
    return _guarded(endpoint, role=Role.PUBLISHER, longest_body=longest_body)


def lacks_second_factor(auth: AuthContext, session: BrowserSession) -> bool:
    """Whether the site requires more of the editor than they have shown in this session."""
    return auth.needs_second_factor(session.editor) and not session.has_second_factor


def _guarded(
    endpoint: Endpoint,
    *,
    role: Role | None,
    longest_body: int = MAX_BODY,
    on_account: bool = False,
) -> Endpoint:
    async def answer(request: Request) -> Response:
        session = await current_session(request)
        if session is None:
            return _send_to(request, "/sign-in", "signed-out", 401)
        editor = session.editor
        if not on_account and lacks_second_factor(auth_context_of(request), session):
            return _send_to(request, "/account", "needs-second-factor", 403)
        if role is not None and editor.role is not role:
            return refused(request, "not-a-publisher")
        if request.method in _SAFE_METHODS:
            return await endpoint(request)
        if not is_same_origin(request):
            return refused(request, "other-site")
        read = await _read(request, longest_body)
        if read is None:
            return refused(request, "too-long", 413)
        try:
            if not await _has_readable_form(read):
                return refused(request, "bad-form", 400)
            if not await presents_csrf_token(read):
                return refused(request, "stale-form")
            return await endpoint(read)
        finally:
            await read.close()  # the files of its form

    return answer


async def _read(request: Request, longest: int) -> Request | None:
    """The request with its body, which is read once and its form parsed once; None for a long body."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > longest:
            return None

    async def replay() -> dict[str, object]:
        return {"type": "http.request", "body": bytes(body), "more_body": False}

    read = Request(request.scope, replay)
    await read.body()
    return read


async def _has_readable_form(request: Request) -> bool:
    """Whether the form can be read; a request without one has an empty form."""
    try:
        await request.form()
    except (HTTPException, ValueError, LookupError):  # LookupError: an unknown charset
        return False
    return True


def _send_to(request: Request, page: str, kind: str, status: int) -> Response:
    """Lead to the page that comes first; what a form brought is refused."""
    first = f"{auth_context_of(request).base_path}{page}"
    if "hx-request" in request.headers:
        # htmx follows a redirect silently and would insert the page into part of this one.
        return Response(status_code=401, headers={"HX-Redirect": first})
    if request.method not in _SAFE_METHODS:
        return refused(request, kind, status)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{first}?next={quote(here, safe='/')}", status_code=303)


def _look_up(request: Request, token: str) -> BrowserSession | None:
    auth = auth_context_of(request)
    with auth.database.transaction(read_only=True) as connection:
        return session_of(connection, token, auth.clock())
