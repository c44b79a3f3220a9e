"""How the pages of signing in answer: with strict headers, and words for every refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse

from newsletter.web.reader.answers import HEADERS as READER_HEADERS
from newsletter.web.signin.auth_context import auth_context_of

# With "no-referrer" browsers would send `Origin: null` with our own forms.
HEADERS = {**READER_HEADERS, "Referrer-Policy": "same-origin"}


def page(
    request: Request, name: str, context: Mapping[str, Any], status: int = 200
) -> HTMLResponse:
    """A page of templates/web, with the headers of a page that is one editor's alone."""
    auth = auth_context_of(request)
    text = auth.templates.get_template(name).render(
        {"request": request, "site": auth.title, **context}
    )
    return HTMLResponse(text, status_code=status, headers=HEADERS)


def refused(request: Request, kind: str, status: int = 403) -> HTMLResponse:
    """Why not, and what to do; kinds are those of refused.html.j2."""
    return page(request, "signin/refused.html.j2", {"kind": kind}, status)


def row_id(text: str) -> int | None:
    """The number of a row that a form or an address names; None when it can be none."""
    is_number = text.isascii() and text.isdecimal() and len(text) < 19  # fits 64 bits
    return int(text) if is_number else None
