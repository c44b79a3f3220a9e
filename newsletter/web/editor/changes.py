"""Server-sent events (HTML, section 9.2): the version of an issue, as often as it changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from newsletter.web.editor.editor_context import HEADERS, EditorContext
from newsletter.web.signin.session import Endpoint

POLL_SECONDS = 0.7
LONGEST_SECONDS = 600
"""A stream ends then, and the browser asks again: nothing listens for ever to a closed laptop."""


def changes(context: EditorContext) -> Endpoint:
    """The stream for an issue's desk."""

    async def endpoint(request: Request) -> Response:
        issue = await context.issue(request)

        async def events() -> AsyncIterator[str]:
            said = -1
            for _turn in range(int(LONGEST_SECONDS / POLL_SECONDS)):
                now = await run_in_threadpool(context.find, issue.newsletter, issue.number)
                if now.version != said:
                    said = now.version
                    yield f"event: version\ndata: {said}\n\n"
                if await request.is_disconnected():
                    return
                await asyncio.sleep(POLL_SECONDS)

        return stream(events())

    return endpoint


def stream(events: AsyncIterator[str]) -> Response:
    """A response of server-sent events, which no proxy may hold back."""
    headers = {**HEADERS, "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)
