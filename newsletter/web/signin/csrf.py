"""Protects editors from cross-site requests: same origin, and a token that only our pages know."""

from __future__ import annotations

import hmac
from urllib.parse import urlsplit

import jinja2
from markupsafe import Markup
from starlette.requests import Request

from newsletter.web.signin.auth_context import auth_context_of, session_token

FIELD = "csrf"
HEADER = "x-csrf-token"


def csrf_token(request: Request) -> str:
    """The token of this session's forms; "" when nobody is signed in."""
    token = session_token(request)
    return auth_context_of(request).keyed(f"csrf {token}") if token is not None else ""


def csrf_field(request: Request) -> Markup:
    """The hidden field that every form of an editor's page carries."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, csrf_token(request))


def add_csrf_field(templates: jinja2.Environment) -> None:
    """Make `csrf_field(request)` and `csrf_token(request)` available in templates."""
    templates.globals["csrf_field"] = csrf_field
    templates.globals["csrf_token"] = csrf_token


def is_same_origin(request: Request) -> bool:
    """Whether one of our pages sent this, by the browser's headers. True when there are none."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == request.headers.get("host")
    except ValueError:  # not an address at all
        return False


async def presents_csrf_token(request: Request) -> bool:
    """Whether the request, whose form can be read, carries its session's token."""
    given = request.headers.get(HEADER)
    if given is None:
        value = (await request.form()).get(FIELD)
        given = value if isinstance(value, str) else ""
    wanted = csrf_token(request)
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())
