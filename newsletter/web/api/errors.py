"""How the API says no: the contract's shape of errors, with the status that HTTP has for it."""

from __future__ import annotations

from starlette.responses import Response

from newsletter.errors import (
    ConfigurationError,
    ConflictError,
    InputError,
    LintBlockedError,
    NewsletterError,
    NotPermittedError,
    TemporaryError,
    UnavailableError,
    UnknownNameError,
)
from newsletter.web.api.models import ErrorAnswer, Problem
from subscribers.errors import (
    SubscribersError,
    SuppressedError,
    UnknownListError,
    UnknownSubscriberError,
)

_BY_CLASS: tuple[tuple[type[Exception], int], ...] = (
    (ConfigurationError, 500),
    (UnknownNameError, 404),
    (UnknownListError, 404),
    (UnknownSubscriberError, 404),
    (NotPermittedError, 409),
    (ConflictError, 409),
    (LintBlockedError, 409),
    (SuppressedError, 409),
    (TemporaryError, 503),
    (UnavailableError, 503),
    (InputError, 422),
    (SubscribersError, 422),
    (NewsletterError, 500),
)


def failure(
    status: int,
    code: str,
    message: str,
    *,
    file: str | None = None,
    field: str | None = None,
    fix: str | None = None,
) -> Response:
    """An answer that says what is wrong."""
    problem = Problem(code=code, message=message, file=file, field=field, fix=fix)
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status == 503:
        headers["Retry-After"] = "60"
    return Response(
        ErrorAnswer(error=problem).model_dump_json(),
        status_code=status,
        media_type="application/json",
        headers=headers,
    )


def failure_of(error: NewsletterError) -> Response:
    """The answer to an error that was raised on purpose."""
    status = next(status for kind, status in _BY_CLASS if isinstance(error, kind))
    said = error.problem
    # The paths of this machine are its own business.
    return failure(status, error.code, said.message, field=said.field, fix=said.fix)
