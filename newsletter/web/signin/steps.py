"""What a sign-in of several steps carries from one to the next: signed values, for some minutes.

Nothing of it is stored, so that strangers who begin to sign in leave nothing behind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

from newsletter.web.signin.auth_context import (
    AuthContext,
    auth_context_of,
    cookie_name,
    is_secure,
)

LASTS = timedelta(minutes=10)

_COOKIE = "newsletter-step"
_UNTIL = "until"


def sign_step(
    auth: AuthContext, purpose: str, values: Mapping[str, str], lasts: timedelta = LASTS
) -> str:
    """The values as a token; only `purpose` can read it."""
    until = int((auth.clock() + lasts).timestamp())
    return str(_serializer(auth, purpose).dumps({**values, _UNTIL: str(until)}))


def read_step(auth: AuthContext, purpose: str, token: str) -> Mapping[str, str] | None:
    """The values; None for a token that is not ours, of another purpose, or too old."""
    try:
        values: dict[str, str] = _serializer(auth, purpose).loads(token)
    except BadSignature:
        return None
    return values if int(values[_UNTIL]) > auth.clock().timestamp() else None


def set_step_cookie(request: Request, response: Response, token: str) -> None:
    """Let the browser bring the token with its next requests."""
    response.set_cookie(
        cookie_name(request, _COOKIE),
        token,
        max_age=int(LASTS.total_seconds()),
        path=auth_context_of(request).base_path or "/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def delete_step_cookie(request: Request, response: Response) -> None:
    """Let the browser forget the token."""
    response.delete_cookie(
        cookie_name(request, _COOKIE),
        path=auth_context_of(request).base_path or "/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def step_in_cookie(request: Request, purpose: str) -> Mapping[str, str] | None:
    """The values that the browser brings for this purpose."""
    token = request.cookies.get(cookie_name(request, _COOKIE), "")
    return read_step(auth_context_of(request), purpose, token)


def _serializer(auth: AuthContext, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        auth.secret,
        salt=f"newsletter.step.{purpose}",
        signer_kwargs={"digest_method": hashlib.sha256},
    )
