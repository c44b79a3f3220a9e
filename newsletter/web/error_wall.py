"""The web's error wall: logs whatever a route raises and turns it into a readable answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as with_default

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.errors import DatabaseBusyError, DatabaseUnavailableError, NewsletterError
from newsletter.result_codes import codes_of
from subscribers.quiet_log import QuietLog

log = logging.getLogger("newsletter")

RETRY_AFTER = "60"
"""Seconds after which a client may ask again, in the header of each 503."""

DATABASE_ERRORS = (DatabaseUnavailableError, DatabaseBusyError)
"""Errors that a page leaves to the error wall, because explaining them would need the database."""

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

_HTTP_CODES = {404: "unknown-name", 405: "method-not-allowed", 413: "too-long"}
_HTTP_MESSAGES = {
    404: "there is nothing at this address",
    405: "this address does not answer that method",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Why a request failed, in words for strangers: without file paths or settings."""

    status: int
    code: str
    message: str
    field: str | None = None
    fix: str | None = None
    headers: Mapping[str, str] = with_default(default_factory=dict)

    @property
    def all_headers(self) -> dict[str, str]:
        """The headers of every answer to this failure."""
        retry = {"Retry-After": RETRY_AFTER} if self.status == 503 else {}
        return {**HEADERS, **retry, **self.headers}


def failure_of(error: BaseException) -> Failure:
    """Return what the caller is told about the error."""
    match error:
        case DatabaseUnavailableError():
            return Failure(
                status=503,
                code=error.code,
                message="the database cannot be used",
                fix="try again in a minute; the server's log says what is wrong",
            )
        case DatabaseBusyError():
            return Failure(
                status=503,
                code=error.code,
                message="the database is busy",
                fix="try again in a minute",
            )
        case NewsletterError():
            return Failure(
                status=codes_of(error).status,
                code=error.code,
                message=error.problem.message,
                field=error.problem.field,
                fix=error.problem.fix,
            )
        case HTTPException():
            return Failure(
                status=error.status_code,
                code=_HTTP_CODES.get(error.status_code, "bad-request"),
                message=_HTTP_MESSAGES.get(error.status_code, error.detail),
                headers=error.headers or {},
            )
        case _:
            return Failure(
                status=500,
                code="unforeseen",
                message="the server met an unexpected error",
                fix="tell the site's operators; the server's log says what happened",
            )


class ErrorWall:
    """ASGI middleware that answers for every error of the application behind it.

    `answer` makes the response in the type that the route's callers expect. Errors of status 500
    and above are logged with their traceback. Once a response has begun it can only be cut off.
    """

    def __init__(self, app: ASGIApp, answer: Callable[[Request, Failure], Response]) -> None:
        self.app = app
        self.answer = answer
        self.strangers = QuietLog(log)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        has_begun = False

        async def watched_send(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, watched_send)
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except ClientDisconnect:
            return  # nobody is left to read an answer
        except BaseException as error:
            failure = failure_of(error)
            if failure.status >= 500:
                self.strangers.exception(f"{_logged_route(scope)} failed".replace("%", "%%"))
            if not has_begun:
                await self._answer(Request(scope), failure)(scope, receive, send)

    def _answer(self, request: Request, failure: Failure) -> Response:
        try:
            return self.answer(request, failure)
        except Exception:  # the page that explains errors may itself be broken
            self.strangers.exception("the page about an error could not be made")
            return PlainTextResponse(
                f"{failure.message}\n", failure.status, headers=failure.all_headers
            )


def _logged_route(scope: Scope) -> str:
    """The method and path of a request without its parameters, some of which are readers' secrets."""
    path = str(scope["path"])
    for name, value in scope.get("path_params", {}).items():
        path = path.replace(str(value), f"{{{name}}}") if value else path
    return f"{scope['method']} {path}"
