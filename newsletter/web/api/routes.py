"""/api: the operations behind a key, their OpenAPI document, and a page that explains them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import jinja2
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import Receive, Scope, Send

from newsletter.errors import NewsletterError
from newsletter.pipeline.sign_in import site_title
from newsletter.pipeline.site import Site
from newsletter.store import audit
from newsletter.store.api_tokens import editor_of_api_token
from newsletter.store.users import Editor
from newsletter.web.api.errors import failure, failure_of
from newsletter.web.api.explained import explained
from newsletter.web.api.openapi import PREFIX, document
from newsletter.web.api.operation import Call, Operation
from newsletter.web.api.operations import OPERATIONS
from newsletter.web.editor.send_jobs import SendJobs
from newsletter.web.reader.answers import HEADERS as READER_HEADERS
from newsletter.web.signin.auth_context import MAX_BODY
from subscribers.errors import SubscribersError

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def api_routes(
    site: Site,
    *,
    clock: Callable[[], datetime],
    templates: jinja2.Environment,
    send_jobs: SendJobs,
) -> list[BaseRoute]:
    """The routes, for any Starlette application."""
    described = document(OPERATIONS, url=site.settings.site.url, title=site_title(site))

    async def as_json(_request: Request) -> Response:
        return JSONResponse(described, headers=HEADERS)

    async def as_page(_request: Request) -> Response:
        page = templates.get_template("api/docs.html.j2").render(explained(described))
        return HTMLResponse(page, headers=READER_HEADERS)

    calls = [
        Route(
            operation.path,
            _endpoint(operation, site=site, clock=clock, send_jobs=send_jobs),
            methods=[operation.method],
        )
        for operation in OPERATIONS
    ]
    return [
        Route("/api/openapi.json", as_json, methods=["GET"]),
        Route("/api/docs", as_page, methods=["GET"]),
        Mount(PREFIX, app=Router(calls, default=_nothing, redirect_slashes=False)),
    ]


def _endpoint(
    operation: Operation, *, site: Site, clock: Callable[[], datetime], send_jobs: SendJobs
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        editor = await run_in_threadpool(_caller, site, request.headers.get("authorization", ""))
        if editor is None:
            return failure(401, "no-key", "there is no key, or it opens nothing")
        if operation.publisher and not editor.is_publisher:
            return failure(403, "not-a-publisher", "only publishers may do that")
        try:
            body = await _read(request, operation.takes)
        except ValidationError as error:
            return _not_valid(error)
        except ValueError as error:
            return failure(400, "bad-request", f"the request cannot be read: {error}")
        call = Call(
            site=site,
            send_jobs=send_jobs,
            editor=editor,
            clock=clock,
            path=request.path_params,
            query=request.query_params,
            body=body,
        )
        return await run_in_threadpool(_answer, operation, call)

    return answer


def _answer(operation: Operation, call: Call) -> Response:
    try:
        given = operation.answer(call)
        if operation.method != "GET":
            _record(operation, call)
    except (NewsletterError, SubscribersError) as error:
        return failure_of(error)
    return Response(
        given.model_dump_json(),
        status_code=operation.status,
        media_type="application/json",
        headers=HEADERS,
    )


def _record(operation: Operation, call: Call) -> None:
    place = "/".join(call.path.values())
    with call.site.database.transaction() as connection:
        audit.record(
            connection,
            who=call.editor.address,
            what=operation.name,
            detail=f"{place} over the API".lstrip(),
            now=call.clock(),
        )


def _caller(site: Site, authorization: str) -> Editor | None:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    with site.database.transaction(read_only=True) as connection:
        return editor_of_api_token(connection, token.strip())


async def _read(request: Request, model: type[BaseModel] | None) -> BaseModel | None:
    """The body as the operation wants it; raises ValueError when it cannot be one at all."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise ValueError(f"it is longer than {MAX_BODY:,} octets")
    if model is None:
        return None
    return model.model_validate_json(bytes(body))


def _not_valid(error: ValidationError) -> Response:
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return failure(400, "bad-request", f"the request cannot be read: {first['msg']}")
    field = ".".join(str(part) for part in first["loc"])
    return failure(422, "bad-input", first["msg"], field=field or None)


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    await failure(404, "unknown-name", "there is nothing at this address")(scope, receive, send)
