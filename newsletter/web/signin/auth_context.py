"""What signing in works with, and the session cookie."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import jinja2
import sqlalchemy as sa
from itsdangerous import BadSignature, Signer
from starlette.requests import Request
from starlette.responses import Response

from newsletter.config.sign_in import SignInSettings
from newsletter.store.database import Database
from newsletter.store.sessions import SESSION_LASTS
from newsletter.store.users import Editor
from newsletter.web.signin.identity_provider import IdentityProvider
from newsletter.web.signin.passwords import PasswordThreads

MAX_BODY = 1_000_000
"""The most octets of a form on an editor's page."""

_NAME = "newsletter-session"


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthContext:
    """Kept in `app.state.auth_context`. `send_link(address, name, url)` mails a sign-in link,
    `put_notice(connection, editor, what, detail)` mails an editor what was done in their name.

    `url` is the site's public address; cookies are Secure where it is https. `title` and `zone` are the
    site's, as its settings say now. `can_mail` says whether a link can be mailed at all.
    """

    database: Database
    secret: str = field(repr=False)
    url: str
    title: Callable[[], str]
    clock: Callable[[], datetime]
    templates: jinja2.Environment
    send_link: Callable[[str, str, str], None]
    put_notice: Callable[[sa.Connection, Editor, str, str], None]
    zone: Callable[[], ZoneInfo]
    password_threads: PasswordThreads = field(default_factory=PasswordThreads)
    former_secrets: tuple[str, ...] = field(default=(), repr=False)
    settings: SignInSettings = field(default_factory=SignInSettings)
    provider: IdentityProvider | None = None
    can_mail: bool = True

    def keyed(self, purpose: str) -> str:
        """A hex digest of `purpose` that nobody without the secret can compute."""
        return hmac.new(self.secret.encode(), purpose.encode(), hashlib.sha256).hexdigest()

    def needs_second_factor(self, editor: Editor) -> bool:
        """Whether the site requires a second factor of this editor."""
        required = self.settings.require_second_factor
        return required == "everybody" or (required == "publishers" and editor.is_publisher)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The site's secret, and those it had before."""
        return (self.secret, *self.former_secrets)

    @property
    def base_path(self) -> str:
        """The path at which the site's pages begin; "" at the root of its host."""
        return urlsplit(self.url).path

    @property
    def signer(self) -> Signer:
        """Signs cookies."""
        return Signer(self.secret, salt="newsletter.session", digest_method=hashlib.sha256)


def auth_context_of(request: Request) -> AuthContext:
    """The context of the application that serves the request."""
    auth = request.app.state.auth_context
    assert isinstance(auth, AuthContext)  # noqa: S101 - narrows Starlette's untyped state for mypy
    return auth


def session_token(request: Request) -> str | None:
    """The session secret in the cookie; None without a cookie or with a wrong signature."""
    cookie = request.cookies.get(cookie_name(request, _NAME))
    if cookie is None:
        return None
    try:
        return auth_context_of(request).signer.unsign(cookie).decode("ascii")
    except (BadSignature, UnicodeError):
        return None


def set_session_cookie(request: Request, response: Response, token: str) -> None:
    """Set the cookie that holds this session secret."""
    response.set_cookie(
        cookie_name(request, _NAME),
        auth_context_of(request).signer.sign(token).decode("ascii"),
        max_age=int(SESSION_LASTS.total_seconds()),
        path=auth_context_of(request).base_path or "/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def delete_session_cookie(request: Request, response: Response) -> None:
    """Delete the session cookie."""
    response.delete_cookie(
        cookie_name(request, _NAME),
        path=auth_context_of(request).base_path or "/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def cookie_name(request: Request, name: str) -> str:
    """The name with the prefix that browsers hold to its promise."""
    # With __Host- no other host, not even a subdomain, can have set it (RFC 6265bis 4.1.3.2).
    # It requires the path "/": below a path the cookie goes to our own pages only.
    if not is_secure(request):
        return name
    return f"__Secure-{name}" if auth_context_of(request).base_path else f"__Host-{name}"


def is_secure(request: Request) -> bool:
    """Whether cookies are Secure: where the site is https, except for a browser on this machine."""
    return auth_context_of(request).url.startswith("https:") and not _is_loopback(
        request.url.hostname
    )


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False
