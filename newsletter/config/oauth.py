"""How to sign in to a mail server with an access token (OAuth 2) instead of a password."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from newsletter.config.table import Table, Text, WebAddress

Auth = Literal["password", "xoauth2", "oauthbearer"]
"""`oauthbearer` is the standard (RFC 7628); Google and Microsoft also know the older `xoauth2`."""


class OAuthSettings(Table):
    """[relays.oauth]: where access tokens come from; the same keys in `inbound.imap.oauth`.

    See [Connect mail providers](how-to/connect-providers.md#google-and-microsoft).
    """

    client_id: Text
    """The application's id, as Google or Microsoft registered it."""
    client_secret: str | None = Field(default=None, repr=False)
    """The application's secret. Unset: it has none (a public client)."""
    refresh_token_file: Text
    """The file of the refresh token, which no other user can read. A new refresh token that the server issues is written to it."""
    token_url: WebAddress
    """The address that issues tokens: `https://oauth2.googleapis.com/token`, or
    `https://login.microsoftonline.com/TENANT/oauth2/v2.0/token`."""
    scope: str | None = None
    """The permissions to ask for. Unset: those that the refresh token has."""

    @field_validator("token_url")
    @classmethod
    def encrypted(cls, url: str) -> str:
        """Refuse to send secrets in clear text, except to this machine."""
        if not url.startswith("https://") and urlsplit(url).hostname not in _THIS_MACHINE:
            raise ValueError(f"{url!r} is not encrypted; write one with https://")
        return url

    @field_validator("refresh_token_file")
    @classmethod
    def in_the_sites_folder(cls, name: str, info: ValidationInfo) -> str:
        """Make the path absolute: it is read again for each new access token."""
        return str((info.context or {}).get("folder", Path()) / name)


_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


def check_sign_in(
    *,
    auth: Auth,
    username: str | None,
    password: str | None,
    token_command: str | None,
    oauth: OAuthSettings | None,
) -> None:
    """Raise ValueError unless the keys of one way to sign in are complete and none is of another."""
    if auth == "password":
        if token_command is not None or oauth is not None:
            raise ValueError(
                'token_command and oauth need auth; add `auth = "xoauth2"` or `auth = "oauthbearer"`'
            )
        if (username is None) != (password is None):
            raise ValueError("username and password (or password_file) go together")
        return
    if username is None or password is not None:
        raise ValueError(
            f"auth = {auth!r} signs in with a username and a token; set username, and remove password"
        )
    if (token_command is None) == (oauth is None):
        raise ValueError(
            f"auth = {auth!r} needs one source of access tokens; set either token_command or oauth"
        )
