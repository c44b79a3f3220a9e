"""What every request has to pass before a route sees it, and the headers that every answer has."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.web.error_wall import HEADERS
from newsletter.web.hosts import allowed_hosts, is_allowed

log = logging.getLogger("newsletter")

LONGEST_PATH = 2000
"""Octets; our longest have a few hundred."""

OF_ANY_HOST = "/health"
"""What supervisors ask, by any name; `doctor` finds there what a proxy passes as the host."""

DEFAULT_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
}
"""The headers of an answer whose route names none of its own, such as a redirect."""


class RequestChecks:
    """ASGI middleware that refuses requests for other hosts, and those that no browser sends."""

    def __init__(self, app: ASGIApp, url: str, hosts: Iterable[str]) -> None:
        self.app = app
        self.url = url
        self.hosts = allowed_hosts(url, hosts)
        self.has_told = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Raises HTTPException."""
        if scope["type"] == "http":
            host = Headers(scope=scope).get("host", "")
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            if not is_allowed(host, self.hosts) and not path.startswith(OF_ANY_HOST):
                self._tell(host)
                answer = f"There is nothing here under this name. This site is at {self.url}\n"
                await PlainTextResponse(answer, 421, headers=HEADERS)(scope, receive, send)
                return
            if _has_two_lengths(Headers(scope=scope)):
                # A proxy in front may have read another end of it, and what follows is not a request.
                raise HTTPException(400, "its length is told twice", {"Connection": "close"})
            if len(path) > LONGEST_PATH:
                raise HTTPException(404)
            if not scope["query_string"].isascii():
                raise HTTPException(400, "the query is not percent-encoded")
        await self.app(scope, receive, send)

    def _tell(self, host: str) -> None:
        """Log the first one; anybody can send any number."""
        if not self.has_told:
            self.has_told = True
            log.warning(
                "a request for the host %.100r was refused; if it is one of this site's names, "
                "add it to [web] hosts in newsletter.toml",
                host,
            )


def _has_two_lengths(headers: Headers) -> bool:
    """Whether a request tells its length in two ways, which may disagree (RFC 9112 section 6.1)."""
    return "transfer-encoding" in headers and "content-length" in headers


class DefaultHeaders:
    """ASGI middleware that adds DEFAULT_HEADERS where an answer has none of these names."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in DEFAULT_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, with_headers)
