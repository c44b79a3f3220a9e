"""How the readers' pages answer: strict headers, forms of limited size, no stack traces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import jinja2
from starlette.background import BackgroundTask
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Message

from newsletter.pipeline.flush_letters import post_or_leave
from newsletter.web.reader.reader_context import ReaderContext
from subscribers.errors import TokenError
from subscribers.tokens import SPECIMEN, Purpose, TokenSubject, looks_like_token

MAX_FORM = 64_000
"""The most octets of a form; our largest has a few hundred."""

WITHOUT_CONTACT = frozenset({"gone", "specimen", "no-feed", "unavailable", "failed"})
"""Kinds of trouble in which writing to the editors would not help the reader."""

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": _POLICY,
    # A page's URL is the reader's key: it must reach no other site and no cache.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
}

WITH_SCRIPT = {**HEADERS, "Content-Security-Policy": f"{_POLICY}; script-src 'self'"}
"""The headers of a page with a sign-up form, which has a script of ours."""


def page(
    templates: jinja2.Environment,
    name: str,
    context: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] = HEADERS,
) -> HTMLResponse:
    """A page with the headers of a page that holds a token, unless others are given."""
    text = templates.get_template(name).render(context)
    return HTMLResponse(text, status_code=status, headers=headers)


def trouble(context: ReaderContext, kind: str, status: int, *, join: str = "") -> HTMLResponse:
    """A page that says what went wrong and what to do; kinds are those of trouble.html.j2."""
    contact = "" if kind in WITHOUT_CONTACT else context.contact
    values = {"kind": kind, "contact": contact, "join": join}
    return page(context.templates, "reader/trouble.html.j2", values, status)


def posting(context: ReaderContext, answer: Response) -> Response:
    """Return the answer; requests that wait are handled, and letters are sent, after it."""
    answer.background = BackgroundTask(post_or_leave, context.site, context.clock)
    return answer


def subject_of(
    context: ReaderContext, purpose: Purpose, token: str, *, lasts: timedelta | None = None
) -> TokenSubject | HTMLResponse:
    """Return the reader that the link is about, or the page to answer with.

    The page is 404 for text that is not a token, 400 for a damaged token, and 410 for one that is
    older than it `lasts`.
    """
    if token == SPECIMEN:
        return trouble(context, "specimen", 404)
    if not looks_like_token(token):
        return trouble(context, "nothing-here", 404)
    try:
        subject = context.tokens.read(purpose, token)
    except TokenError:
        return trouble(context, "bad-link", 400)
    if lasts and (subject.issued is None or context.clock() - subject.issued > lasts):
        return trouble(context, "expired", 410, join=context.join_path(subject.list_slug))
    return subject


async def read_body(request: Request) -> bytes | None:
    """The request's body; None when it is too long."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM:
            return None
    return body


async def read_form(request: Request) -> FormData | None:
    """The form, URL-encoded or multipart; None when it is too long or cannot be read."""
    body = await read_body(request)
    if body is None:
        return None

    async def replay() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        return await Request(request.scope, replay).form(max_files=0, max_fields=100)
    except (HTTPException, ValueError, LookupError):  # LookupError: an unknown charset
        return None


def texts(form: FormData, name: str) -> Sequence[str]:
    """All values of a field."""
    return [value for value in form.getlist(name) if isinstance(value, str)]


def text(form: FormData, name: str) -> str:
    """The field's value, "" where it is missing."""
    return next(iter(texts(form, name)), "")
