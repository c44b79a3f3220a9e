"""How the sign-in pages answer: strict headers, and a page for every refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse

from newsletter.web.reader.answers import HEADERS as READER_HEADERS
from newsletter.web.signin.auth_context import auth_context_of

# With "no-referrer", browsers would send `Origin: null` for our own forms.
HEADERS = {**READER_HEADERS, "Referrer-Policy": "same-origin"}


def page(
    request: Request, name: str, context: Mapping[str, Any], status: int = 200
) -> HTMLResponse:
    """Render a page of templates/web, with the headers of an editor's private page."""
    auth = auth_context_of(request)
    text = auth.templates.get_template(name).render(
        {"request": request, "site": auth.title(), "zone": auth.zone(), **context}
    )
    return HTMLResponse(text, status_code=status, headers=HEADERS)


def refused(request: Request, kind: str, status: int = 403) -> HTMLResponse:
    """The page that says why a request is refused. Kinds are those of refused.html.j2."""
    return page(request, "signin/refused.html.j2", {"kind": kind}, status)


def row_id(text: str) -> int | None:
    """The row id in a form or a URL; None when the text cannot be one."""
    is_number = text.isascii() and text.isdecimal() and len(text) < 19  # fits 64 bits
    return int(text) if is_number else None
