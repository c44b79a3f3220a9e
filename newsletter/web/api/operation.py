"""The routes of the API: each asks for a key, limits the body, and records changes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from newsletter.store import audit
from newsletter.store.api_tokens import (
    ApiKey,
    ApiScope,
    api_key_of,
    is_use_to_note,
    note_use,
)
from newsletter.store.users import Editor
from newsletter.web.api import idempotency
from newsletter.web.api.calls import EDITOR, ApiContext
from newsletter.web.api.failures import (
    NO_KEY,
    NOT_A_PUBLISHER,
    expired,
    failure_response,
    out_of_scope,
    unreadable,
)
from newsletter.web.api.models import ErrorAnswer
from newsletter.web.error_wall import HEADERS
from newsletter.web.signin.auth_context import MAX_BODY

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": meaning}
    for status, meaning in {
        400: "The request cannot be read",
        401: "There is no key, it is not valid, or it has expired",
        403: "Only publishers may do that, or the key has not the scope",
        404: "It does not exist",
        409: "A rule or somebody else's change prevents it",
        422: "The values are not valid",
        500: "The server met an unexpected error, or is not configured for this",
        503: "Something we depend on does not answer at present; try again later",
    }.items()
}

_key = HTTPBearer(
    scheme_name="key", description="Editors make keys on their account page.", auto_error=False
)


class Operation(APIRoute):
    """A route for editors. What is not a GET is recorded in the audit log under the route's name.

    The key is checked before the body is read, so that a stranger learns nothing and costs little. The endpoint's docstring is the operation's summary.
    """

    publisher = False
    scope_to_change = ApiScope.ISSUES
    scope_to_read = ApiScope.READ
    longest_body = MAX_BODY
    names_target = True

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        summary = (inspect.getdoc(endpoint) or "").rstrip(".")
        super().__init__(path, endpoint, **{**options, "summary": summary})
        if self.method == "POST":
            self.openapi_extra = {"parameters": [idempotency.PARAMETER]}
        whose = "Only publishers may call this. " if self.publisher else ""
        self.description = f"{whose}The key needs the scope `{self.scope}`."

    @property
    def scope(self) -> ApiScope:
        """What the key must be made for."""
        return self.scope_to_read if self.method == "GET" else self.scope_to_change

    def scope_for(self, request: Request) -> ApiScope:
        """What the key must be made for to call it with these parameters."""
        del request
        return self.scope

    @property
    def method(self) -> str:
        """The route's one method."""
        return next(iter(self.methods or ()))

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer HEAD like GET, without documenting it. The server leaves out the body."""
        if scope["method"] == "HEAD" and self.method == "GET":
            await self.app(scope, receive, send)
        else:
            await super().handle(scope, receive, send)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap FastAPI's handler with the checks and the audit log."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            context: ApiContext = request.app.state.context
            key = await _key_of(request, context)
            if key is None:
                return failure_response(request, NO_KEY)
            if key.expires_at is not None and key.is_expired(context.clock()):
                return failure_response(request, expired(key.expires_at))
            editor = key.editor
            if (needed := self.scope_for(request)) not in key.scopes:
                return failure_response(request, out_of_scope(needed, key.scopes))
            if self.publisher and not editor.is_publisher:
                return failure_response(request, NOT_A_PUBLISHER)
            body = await _read(request, self.longest_body)
            if body is None:
                reason = f"it is longer than {self.longest_body:,} octets"
                return failure_response(request, unreadable(reason))
            if self.body_field is not None and not body:
                return failure_response(request, unreadable("it has no body"))
            request.scope[EDITOR] = editor

            async def do() -> Response:
                answer = await handle(_with_body(request, body))
                if self.method != "GET":
                    await run_in_threadpool(self._record, context, editor, request)
                return answer

            if self.method == "POST":
                response = await idempotency.once(request, context, editor, body, do)
            else:
                response = await do()
            response.headers.update(HEADERS)
            return response

        return answer

    def _record(self, context: ApiContext, editor: Editor, request: Request) -> None:
        target = "/".join(request.path_params.values()) if self.names_target else ""
        with context.site.database.transaction() as connection:
            audit.record(
                connection,
                who=editor.address,
                what=self.name,
                detail=f"{target} over the API".lstrip(),
                now=context.clock(),
            )


class PublisherOperation(Operation):
    """A route for publishers only."""

    publisher = True


class PreviewOperation(Operation):
    """A route to an issue as it is sent; a reader's own copy has their name and tags."""

    def scope_for(self, request: Request) -> ApiScope:
        """The copy of a reader needs more than the issue."""
        return ApiScope.PEOPLE if any(request.query_params.getlist("as")) else self.scope


class OutcomeOperation(PublisherOperation):
    """A route to the deliveries of an issue, which name readers."""

    scope_to_read = ApiScope.PEOPLE


class PeopleOperation(PublisherOperation):
    """A route to subscribers' data."""

    scope_to_read = scope_to_change = ApiScope.PEOPLE


class EraseOperation(PeopleOperation):
    """A route that deletes everything about a person, so that the audit log may not name them."""

    names_target = False


class UploadOperation(Operation):
    """A route that takes a picture in base64."""

    longest_body = 20_000_000


class ImportOperation(PeopleOperation):
    """A route that takes a file of subscribers."""

    longest_body = 20_000_000


class AdminOperation(PublisherOperation):
    """A route to what happened on the site."""

    scope_to_read = scope_to_change = ApiScope.ADMIN


def make_router(operation: type[Operation], *, group: str) -> APIRouter:
    """A router whose routes are of this class and appear in this group of the document."""
    return APIRouter(
        route_class=operation,
        tags=[group],
        responses=PROBLEMS,
        dependencies=[Depends(_key)],
        strict_content_type=False,
        generate_unique_id_function=lambda route: re.sub(r"\W+", "_", route.name),
    )


async def _key_of(request: Request, context: ApiContext) -> ApiKey | None:
    credentials = await _key(request)
    if credentials is None:
        return None

    def look_up() -> ApiKey | None:
        with context.site.database.transaction(read_only=True) as connection:
            key = api_key_of(connection, credentials.credentials.strip())
        now = context.clock()
        if key is not None and not key.is_expired(now) and is_use_to_note(key, now):
            with context.site.database.transaction() as connection:
                note_use(connection, key, now)
        return key

    return await run_in_threadpool(look_up)


async def _read(request: Request, longest: int) -> bytes | None:
    """The body; None when it is too long."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > longest:
            return None
    return bytes(body)


def _with_body(request: Request, body: bytes) -> Request:
    """The request with the body that was read already, treated as JSON whatever its type says."""

    async def replay() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [pair for pair in request.scope["headers"] if pair[0] != b"content-type"]
    return Request({**request.scope, "headers": headers}, replay)
