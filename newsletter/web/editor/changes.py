"""Server-sent events (HTML, section 9.2) that announce each new version of an issue."""

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
"""A stream ends after this time and the browser reconnects, so that none stays open for ever."""


def changes(context: EditorContext) -> Endpoint:
    """Return the endpoint that streams the versions of an issue."""

    async def endpoint(request: Request) -> Response:
        issue = await context.issue(request)

        async def events() -> AsyncIterator[str]:
            sent_version = -1
            for _turn in range(int(LONGEST_SECONDS / POLL_SECONDS)):
                issue_now = await run_in_threadpool(context.find, issue.newsletter, issue.number)
                if issue_now.version != sent_version:
                    sent_version = issue_now.version
                    yield f"event: version\ndata: {sent_version}\n\n"
                if await request.is_disconnected():
                    return
                await asyncio.sleep(POLL_SECONDS)

        return stream(events())

    return endpoint


def stream(events: AsyncIterator[str]) -> Response:
    """A response of server-sent events that proxies do not buffer."""
    headers = {**HEADERS, "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)
