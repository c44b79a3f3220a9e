"""/robot: a link in letters that people do not see, so that only link scanners follow it.

Some scanners of mail servers also press the buttons of the pages behind links. A confirmation that
comes from such a client is asked for again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from newsletter.store.attempt_limits import AttemptLimit, attempt_within, counted_since
from newsletter.web.reader.answers import trouble
from newsletter.web.reader.reader_context import ReaderContext
from newsletter.web.reader.robots import SCANNER_LASTS, is_scanner

_LIMIT = AttemptLimit(most=1, per=SCANNER_LASTS)
_OF_ALL = AttemptLimit(most=10_000, per=timedelta(days=1))
"""Scanners noted in a day, so that one with many addresses does not fill the database."""


def scanner_trap(context: ReaderContext) -> Callable[[Request], Awaitable[Response]]:
    """The page behind the hidden link. It notes the client for some seconds, and no reader."""

    def note(request: Request) -> None:
        limits = {_key(context, request): _LIMIT, context.site.keyed("robots"): _OF_ALL}
        attempt_within(context.database, limits, context.clock())

    async def get(request: Request) -> Response:
        await run_in_threadpool(note, request)
        return trouble(context, "nothing-here", 200)

    return get


def comes_from_scanner(context: ReaderContext, request: Request) -> bool:
    """Whether the same client has just followed the hidden link."""
    with context.database.transaction(read_only=True) as connection:
        trapped_at = counted_since(connection, _key(context, request))
    return is_scanner(trapped_at, context.clock())


def _key(context: ReaderContext, request: Request) -> str:
    return context.site.keyed(f"robot {request.client.host if request.client else ''}")
