"""How the sign-in pages answer: strict headers, and a page for every refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from newsletter.web.reader.answers import HEADERS as READER_HEADERS
from newsletter.web.signin.auth_context import auth_context_of

# With "no-referrer", browsers would send `Origin: null` for our own forms.
HEADERS = {**READER_HEADERS, "Referrer-Policy": "same-origin"}

WITH_PASSKEYS = {
    **HEADERS,
    "Content-Security-Policy": f"{HEADERS['Content-Security-Policy']}; script-src 'self'; connect-src 'self'",
}
"""The headers of a page with passkeys.js, which asks us what to ask the browser."""


def page(
    request: Request,
    name: str,
    context: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] = HEADERS,
) -> HTMLResponse:
    """Render a page of templates/web, with the headers of an editor's private page."""
    auth = auth_context_of(request)
    text = auth.templates.get_template(name).render(
        {"request": request, "site": auth.title(), "zone": auth.zone(), **context}
    )
    return HTMLResponse(text, status_code=status, headers=headers)


def refused(request: Request, kind: str, status: int = 403) -> HTMLResponse:
    """The page that says why a request is refused. Kinds are those of refused.html.j2."""
    return page(request, "signin/refused.html.j2", {"kind": kind}, status)


async def script(request: Request) -> Response:
    """The script of the pages with passkeys."""
    text = auth_context_of(request).templates.get_template("signin/passkeys.js").render()
    headers = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(text, media_type="text/javascript", headers=headers)


def row_id(text: str) -> int | None:
    """The row id in a form or a URL; None when the text cannot be one."""
    is_number = text.isascii() and text.isdecimal() and len(text) < 19  # fits 64 bits
    return int(text) if is_number else None
