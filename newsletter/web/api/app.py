"""/api: the operations as a mounted application, their OpenAPI document, and its page."""

from __future__ import annotations

from functools import cache
from typing import Any

import jinja2
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from newsletter import __version__
from newsletter.site.lists import public_title
from newsletter.web.api import (
    corrections,
    issues,
    letters,
    people,
    pictures,
    season,
    source_mail,
    sources,
    suggestions,
    suppressions,
)
from newsletter.web.api import site as site_routes
from newsletter.web.api.calls import ApiContext
from newsletter.web.api.document import PREFIX, document
from newsletter.web.api.documentation import documentation_values
from newsletter.web.api.failures import failure_response, http_error, not_valid
from newsletter.web.api.operation import Operation
from newsletter.web.error_wall import HEADERS, ErrorWall
from newsletter.web.reader.answers import HEADERS as READER_HEADERS

OPERATIONS: tuple[Operation, ...] = tuple(
    route
    for router in (
        site_routes.site,
        site_routes.administration,
        season.season,
        issues.editors,
        pictures.editors,
        issues.publishers,
        issues.previews,
        issues.outcomes,
        corrections.editors,
        corrections.publishers,
        letters.publishers,
        suggestions.editors,
        sources.editors,
        sources.publishers,
        source_mail.editors,
        source_mail.publishers,
        people.subscribers,
        people.imports,
        people.erasures,
        suppressions.suppressions,
    )
    for route in router.routes
    if isinstance(route, Operation)
)
"""Every operation, in the order of the document."""


def make_api(context: ApiContext, *, title: str) -> FastAPI:
    """Make the API application. FastAPI's own document pages are off; ours needs no script."""
    api = FastAPI(
        title=f"{title}: API",
        version=__version__,
        description="What editors do at the desk, for programs. Each call carries a key: "
        "`Authorization: Bearer nl_…`; editors make theirs on their account page.",
        routes=list(OPERATIONS),
        openapi_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
        middleware=[Middleware(ErrorWall, answer=failure_response)],
        exception_handlers={HTTPException: http_error, RequestValidationError: not_valid},
    )
    api.state.context = context
    return api


def api_routes(context: ApiContext, *, templates: jinja2.Environment) -> list[BaseRoute]:
    """The routes, for any Starlette application."""
    site = context.site
    api = make_api(context, title=public_title(site.settings))

    @cache
    def openapi_document() -> dict[str, Any]:  # slow to make, and rarely asked for
        return document(api, url=site.settings.site.url)

    async def as_json(_request: Request) -> Response:
        return JSONResponse(openapi_document(), headers=HEADERS)

    async def as_page(_request: Request) -> Response:
        page = templates.get_template("api/docs.html.j2").render(
            documentation_values(openapi_document())
        )
        return HTMLResponse(page, headers=READER_HEADERS)

    return [
        Route("/api/openapi.json", as_json, methods=["GET"]),
        Route("/api/docs", as_page, methods=["GET"]),
        Mount(PREFIX, app=api),
    ]
