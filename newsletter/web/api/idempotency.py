"""The header Idempotency-Key: a repeated POST gets the first answer and changes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from newsletter.store.api_answers import (
    KeptAnswer,
    KeyState,
    begin_request,
    keep_answer,
    release_key,
)
from newsletter.store.users import Editor
from newsletter.web.api.calls import ApiContext
from newsletter.web.api.failures import failure_response
from newsletter.web.error_wall import Failure

HEADER = "Idempotency-Key"
LONGEST_KEY = 255

PARAMETER: dict[str, Any] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "A text of your choice: a POST that is repeated with it within 24 hours gets "
    "the first answer and changes nothing",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]+$"},
}
"""The header in the OpenAPI document."""

_BAD_KEY = Failure(
    status=422,
    code="bad-idempotency-key",
    message=f"the idempotency key must have 1 to {LONGEST_KEY} printable ASCII characters",
    field=HEADER,
)
_REFUSALS = {
    KeyState.OTHER_REQUEST: Failure(
        status=422,
        code="idempotency-key-reused",
        message="the idempotency key was used for another request",
        field=HEADER,
        fix="send a new key with each new request",
    ),
    KeyState.IN_PROGRESS: Failure(
        status=409,
        code="in-progress",
        message="the first request with this idempotency key is still being handled",
        field=HEADER,
        fix="repeat the request in a minute",
    ),
}


async def once(
    request: Request,
    context: ApiContext,
    editor: Editor,
    body: bytes,
    handle: Callable[[], Awaitable[Response]],
) -> Response:
    """Handle the request, unless its key shows that it was handled before.

    Without a key it is handled. What failed changed nothing, and may be repeated with its key.
    """
    given = request.headers.get(HEADER)
    if given is None:
        return await handle()
    if not 1 <= len(given) <= LONGEST_KEY or not given.isascii() or not given.isprintable():
        return failure_response(request, _BAD_KEY)
    key = f"{editor.id} {given}"
    content = body.decode("utf-8", "backslashreplace")
    asked = f"{request.method} {request.url.path}?{request.url.query}\n{content}"

    def begin() -> KeptAnswer | KeyState:
        with context.site.database.transaction() as connection:
            return begin_request(connection, key, asked, context.clock())

    def keep(answer: Response) -> None:
        with context.site.database.transaction() as connection:
            keep_answer(connection, key, answer.status_code, bytes(answer.body).decode())

    def release() -> None:
        with context.site.database.transaction() as connection:
            release_key(connection, key)

    state = await run_in_threadpool(begin)
    if isinstance(state, KeptAnswer):
        headers = {"Idempotency-Replayed": "true"}
        return Response(state.answer, state.status, headers=headers, media_type="application/json")
    if state is not KeyState.NEW:
        return failure_response(request, _REFUSALS[state])
    try:
        answer = await handle()
    except BaseException:
        await run_in_threadpool(release)
        raise
    await run_in_threadpool(keep, answer)
    return answer
