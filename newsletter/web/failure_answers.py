"""Answers a failed request in the format that the callers of its route read."""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from newsletter.web.api.failures import failure_response
from newsletter.web.archive.routes import FEED_PATH, Archive
from newsletter.web.error_wall import Failure
from newsletter.web.reader.answers import trouble
from newsletter.web.reader.json_requests import is_json, json_problem
from newsletter.web.reader.reader_context import ReaderContext
from newsletter.web.signin.pages import refused
from newsletter.web.sub_path import route_path

Answer = Callable[[Request, Failure], Response]

_EDITORS = re.compile(
    r"/(desk|people|sources|settings|nodes|shared|sign-in|sign-out|account|audit)(/|$)"
)


def failure_answers(readers: ReaderContext, archive: Archive) -> Answer:
    """Return the function that answers a failure on any route, without using the database."""

    def answer(request: Request, failure: Failure) -> Response:
        path = route_path(request)
        if path.startswith("/api/"):
            return failure_response(request, failure)
        if path == "/metrics":
            return PlainTextResponse(
                f"{failure.message}\n", failure.status, headers=failure.all_headers
            )
        if path.startswith("/health"):
            document = {"live": True, "ready": False, "problem": failure.message}
            return JSONResponse(document, failure.status, headers=failure.all_headers)
        if failure.status >= 500 and FEED_PATH.fullmatch(path):
            return archive.failed_feed(request, failure)
        if path.startswith("/join/") and is_json(request):
            return json_problem(failure.code, failure.message, failure.status, failure.all_headers)
        page = _editors_page if _EDITORS.match(path) else _readers_page
        return page(request, failure)

    def _readers_page(_request: Request, failure: Failure) -> Response:
        return _with_headers(trouble(readers, kind_of(failure), failure.status), failure)

    def _editors_page(request: Request, failure: Failure) -> Response:
        return _with_headers(refused(request, kind_of(failure), failure.status), failure)

    return answer


def kind_of(failure: Failure) -> str:
    """The kind of page for this failure. `refused.html.j2` and `trouble.html.j2` both have each kind."""
    match failure.status:
        case 404 | 405:
            return "nothing-here"
        case 503:
            return "unavailable"
        case status if status >= 500:
            return "failed"
        case _:
            return "bad-form"


def _with_headers(response: Response, failure: Failure) -> Response:
    response.headers.update(failure.all_headers)
    return response
