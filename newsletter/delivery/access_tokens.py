"""Access tokens (OAuth 2) for a mail server: from a command, or by a refresh token (RFC 6749)."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from newsletter.articles.fetch import HttpClient
from newsletter.config.oauth import OAuthSettings
from newsletter.config.settings import FetchSettings, ImapSettings, RelaySettings
from newsletter.errors import AccessTokenError, SourceError

log = logging.getLogger("newsletter.delivery")

COMMAND_SECONDS = 30
COMMANDS_TOKEN_LASTS = 300
"""Seconds that a command's token is kept, as the command does not say when it expires."""

EARLY = 60
"""Seconds before its end at which a token is no longer used: signing in takes time."""

UNKNOWN_LIFE = 3600
"""Seconds, where the server does not say (RFC 6749 section 5.1)."""

_FIXES = {
    "invalid_grant": "the refresh token has expired or was withdrawn: sign in again and write the new one to refresh_token_file",
    "interaction_required": "sign in again and write the new refresh token to refresh_token_file",
    "invalid_client": "correct client_id and client_secret",
    "unauthorized_client": "permit the application to use refresh tokens",
    "invalid_scope": "correct scope, or remove it",
    "invalid_request": "set what it misses; Microsoft needs scope",
}
"""Errors that do not pass by themselves (RFC 6749 section 5.2), and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kept:
    token: str
    until: float


class AccessTokens:
    """The tokens of one account; one is kept until it expires. Connections may share it."""

    def __init__(self, token_command: str | None, oauth: OAuthSettings | None) -> None:
        self._command = token_command
        self._oauth = oauth
        self._kept: _Kept | None = None
        self._lock = asyncio.Lock()
        self.was_kept = False
        """Whether the last token was not a new one."""

    async def get(self) -> str:
        """A token; raises AccessTokenError if there is none."""
        async with self._lock:
            self.was_kept = self._kept is not None and time.monotonic() < self._kept.until
            if self._kept is None or not self.was_kept:
                self._kept = await self._new()
            return self._kept.token

    def get_now(self) -> str:
        """The same for a thread without an event loop."""
        return asyncio.run(self.get())

    def forget(self) -> None:
        """Have a new token obtained, because the server refuses the kept one."""
        self._kept = None

    async def _new(self) -> _Kept:
        if self._oauth is not None:
            return await _refresh(self._oauth)
        token = await _printed(self._command or "")
        return _Kept(token=token, until=time.monotonic() + COMMANDS_TOKEN_LASTS)


def tokens_of(account: RelaySettings | ImapSettings) -> AccessTokens | None:
    """The access tokens of an account; None if it signs in with a password, or not at all."""
    if account.auth == "password":
        return None
    return AccessTokens(account.token_command, account.oauth)


async def _printed(command: str) -> str:
    """The first line that the command prints; it is not run by a shell."""
    try:
        process = await asyncio.create_subprocess_exec(
            *shlex.split(command), stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(COMMAND_SECONDS):
            printed, _ = await process.communicate()
    except (OSError, ValueError) as error:
        raise _unavailable(
            f"token_command cannot be run: {error}", "correct the command"
        ) from error
    except TimeoutError as error:
        process.kill()
        raise _unavailable(
            f"token_command printed nothing within {COMMAND_SECONDS} seconds",
            "run it as the user that runs newsletter; it must not ask questions",
        ) from error
    token = next(iter(printed.decode("utf-8", "replace").split()), "")
    if process.returncode or not token:
        raise _unavailable(
            f"token_command ended with exit code {process.returncode} and printed "
            f"{'a token' if token else 'nothing'}",
            "run it as the user that runs newsletter, and sign in again where it asks for it",
        )
    return token


async def _refresh(oauth: OAuthSettings) -> _Kept:
    refresh_token = _read(oauth.refresh_token_file)
    form = {
        "grant_type": "refresh_token",
        "client_id": oauth.client_id,
        "refresh_token": refresh_token,
    }
    form |= {"client_secret": oauth.client_secret} if oauth.client_secret else {}
    form |= {"scope": oauth.scope} if oauth.scope else {}
    status, document = await _ask(oauth.token_url, form)
    token = document.get("access_token")
    if status != 200 or not isinstance(token, str) or not token:
        raise _refused(oauth, status, document)
    renewed = document.get("refresh_token")
    if isinstance(renewed, str) and renewed and renewed != refresh_token:
        _write(oauth.refresh_token_file, renewed)
    lasts = str(document.get("expires_in"))
    seconds = int(lasts) if lasts.isdigit() else UNKNOWN_LIFE
    return _Kept(token=token, until=time.monotonic() + max(0, seconds - EARLY))


async def _ask(url: str, form: Mapping[str, str]) -> tuple[int, dict[str, Any]]:
    host = urlsplit(url).hostname or ""
    # The operator has named this host, so it may be a private one.
    settings = FetchSettings(allow_private=(host,))
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        async with HttpClient(settings) as client:
            status, body = await client.post_for_answer(url, urlencode(form).encode(), headers)
    except SourceError as error:
        raise _unavailable(
            f"{host} does not issue an access token: {error.problem.message}", "try again later"
        ) from error
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    return status, document if isinstance(document, dict) else {}


def _refused(oauth: OAuthSettings, status: int, document: Mapping[str, Any]) -> AccessTokenError:
    code = str(document.get("error", ""))[:100]
    said = " ".join(f"{code} {document.get('error_description', '')}".split())[:300]
    host = urlsplit(oauth.token_url).hostname
    return AccessTokenError(
        f"{host} refuses an access token: {status} {said}".strip(),
        is_final=code in _FIXES,
        field="oauth",
        fix=_FIXES.get(code, "try again later"),
    )


def _read(name: str) -> str:
    try:
        token = Path(name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise AccessTokenError(
            f"the refresh token cannot be read: {error}",
            is_final=True,
            field="oauth.refresh_token_file",
            fix="write the refresh token to this file",
        ) from error
    if not token:
        raise AccessTokenError(
            f"{name} is empty",
            is_final=True,
            field="oauth.refresh_token_file",
            fix="write the refresh token to this file",
        )
    return token


def _write(name: str, token: str) -> None:
    """Replace the file's content at once: a half-written token would end the access for good."""
    path = Path(name)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(token + "\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        log.warning("the new refresh token cannot be written to %s: %s", name, error)


def _unavailable(message: str, fix: str) -> AccessTokenError:
    return AccessTokenError(message, is_final=False, field="oauth", fix=fix)
