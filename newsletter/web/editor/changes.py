"""The version of an issue, which the desk's tabs ask for to see what others change or comment.

A stream for each tab would use up the connections that a browser opens to one host (six by
HTTP/1.1), and freeze the seventh tab.
"""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from newsletter.errors import UnknownNameError
from newsletter.store.issues import version_of
from newsletter.store.review_comments import comments_mark
from newsletter.web.editor.editor_context import HEADERS, HIGHEST_NUMBER, EditorContext
from newsletter.web.signin.session import Endpoint


def changes(context: EditorContext) -> Endpoint:
    """Return the endpoint that answers with an issue's version, and with what its comments come to."""

    def read(slug: str, number: int) -> dict[str, object]:
        if number > HIGHEST_NUMBER:
            raise UnknownNameError(f"there is no issue {number}")
        with context.site.database.transaction(read_only=True) as connection:
            return {
                "version": version_of(connection, slug, number),
                "comments": comments_mark(connection, slug, number),
            }

    async def endpoint(request: Request) -> Response:
        slug, number = request.path_params["slug"], int(request.path_params["number"])
        return JSONResponse(await run_in_threadpool(read, slug, number), headers=HEADERS)

    return endpoint
