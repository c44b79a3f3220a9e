"""Failures as the API reports them: the error document of the contract, in JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from newsletter.web.api.models import ErrorAnswer, ProblemDocument
from newsletter.web.error_wall import Failure, failure_of

NO_KEY = Failure(
    status=401,
    code="no-key",
    message="the request carries no key, or one that is not valid",
    headers={"WWW-Authenticate": "Bearer"},
)
NOT_A_PUBLISHER = Failure(status=403, code="not-a-publisher", message="only publishers may do that")


def expired(at: datetime) -> Failure:
    """The failure for a key whose time is over."""
    return Failure(
        status=401,
        code="key-expired",
        message=f"this key expired on {at:%d %B %Y}; its editor makes another on the account page",
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


def out_of_scope(needed: str, given: Iterable[str]) -> Failure:
    """The failure for a key that may not be used for this."""
    return Failure(
        status=403,
        code="scope",
        message=f"this key has no scope {needed!r}; it has: {', '.join(sorted(given))}",
        fix="use a key that has it",
    )


def unreadable(reason: str) -> Failure:
    """The failure for a request that is not valid HTTP or JSON."""
    return Failure(status=400, code="bad-request", message=f"the request cannot be read: {reason}")


def failure_response(_request: Request, failure: Failure) -> Response:
    """Answer with the error document."""
    problem = ProblemDocument(
        code=failure.code, message=failure.message, field=failure.field, fix=failure.fix
    )
    return Response(
        # A message may quote what the caller sent, and half of a surrogate pair cannot be encoded.
        json.dumps(ErrorAnswer(error=problem).model_dump()),
        status_code=failure.status,
        media_type="application/json",
        headers=failure.all_headers,
    )


async def http_error(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses, such as an unknown path or method."""
    return failure_response(request, failure_of(error))


async def not_valid(request: Request, error: Exception) -> Response:
    """Answer a body or parameter that does not fit its model, with its first mistake."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - narrows for mypy
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return failure_response(request, unreadable(first["ctx"]["error"]))
    _location, *field = first["loc"]
    return failure_response(
        request,
        Failure(
            status=422,
            code="bad-input",
            message=first["msg"],
            field=".".join(map(str, field)) or None,
        ),
    )
