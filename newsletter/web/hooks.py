"""/hooks/PROVIDER: where mail providers report bounces, complaints and unsubscriptions."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from newsletter.errors import NotPermittedError
from newsletter.pipeline.provider_events import EventRequest, limit_of, take_request
from newsletter.pipeline.sns import Sns
from newsletter.site.site import Site
from newsletter.web.error_wall import HEADERS
from subscribers.errors import ProviderEventError
from subscribers.quiet_log import QuietLog

log = logging.getLogger("newsletter")
strangers = QuietLog(log)

_TOO_LONG = {"error": {"code": "too-long", "message": "the report is too long"}}


def hook_routes(
    site: Site, *, clock: Callable[[], datetime], sns: Sns | None = None
) -> list[Route]:
    """The routes. What a provider that is not configured would report is not read at all."""
    amazon = sns or Sns()

    async def take(request: Request) -> Response:
        provider = request.path_params["provider"]
        if not site.settings.hooks.takes(provider):
            return _answer(404, "unknown-name", "there is nothing at this address")
        body = await _body(request, limit_of(provider))
        if body is None:
            return JSONResponse(_TOO_LONG, 413, headers=HEADERS)
        headers = {name.lower(): value for name, value in request.headers.items()}
        reported = EventRequest(provider=provider, headers=headers, body=body)
        try:
            counts = await run_in_threadpool(take_request, site, reported, amazon, now=clock())
        except NotPermittedError as error:
            strangers.warning(
                "a report to /hooks/%s was refused: %s", provider, error.problem.message
            )
            return _answer(403, "not-proven", error.problem.message)
        except ProviderEventError as error:
            strangers.warning("a report to /hooks/%s cannot be read: %s", provider, error)
            return _answer(400, error.code, str(error))
        return JSONResponse({"events": counts}, headers=HEADERS)

    return [Route("/hooks/{provider}", take, methods=["POST"])]


async def _body(request: Request, limit: int) -> bytes | None:
    """The body; None if it is longer than `limit` octets."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


def _answer(status: int, code: str, message: str) -> Response:
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers=HEADERS)
