"""Turns the errors of the desk's endpoints into a page that says what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from newsletter.errors import NewsletterError, UnknownNameError
from newsletter.web.editor.editor_context import EditorContext
from newsletter.web.error_wall import DATABASE_ERRORS
from newsletter.web.signin.session import Endpoint

T = TypeVar("T")


async def outcome_of(work: Awaitable[T]) -> T | NewsletterError:
    """What the work returns, or the error that its page is to explain beside the form.

    A database that fails is left to the error wall, because the page would need it too.
    """
    try:
        return await work
    except DATABASE_ERRORS:
        raise
    except NewsletterError as error:
        return error


def with_error_page(context: EditorContext, endpoint: Endpoint) -> Endpoint:
    """Wrap the endpoint so that its errors become a page that says what is wrong and what to do."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except DATABASE_ERRORS:
            raise
        except NewsletterError as error:
            status = 404 if isinstance(error, UnknownNameError) else 409
            return await context.page(request, "trouble.html.j2", {"problem": error}, status)

    return answer
