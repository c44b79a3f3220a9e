"""The exit codes of commands, and what each class of errors means to scripts and HTTP clients."""

from __future__ import annotations

from dataclasses import dataclass

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
from subscribers.errors import (
    ClosedListError,
    ListExistsError,
    SubscribersError,
    SuppressedError,
    UnknownListError,
    UnknownSubscriberError,
)

# The exit codes of the command line, from sysexits.h where possible.
OK = 0  # done, or nothing is due
FINDINGS = 1  # findings, or some messages failed permanently
USAGE = 2  # the command line is wrong, or names something that does not exist
BAD_INPUT = 65  # input data cannot be used
UNAVAILABLE = 69  # no relay, or no database
UNEXPECTED_ERROR = 70  # the log has the traceback
TEMPORARY = 75  # run it again
NOT_PERMITTED = 77  # a rule forbids it
CONFIGURATION = 78  # newsletter.toml, templates or environment


@dataclass(frozen=True, slots=True)
class ErrorCodes:
    """The exit code of a command, and the status of an HTTP response, that end with an error."""

    exit_code: int
    status: int


_UNEXPECTED = ErrorCodes(UNEXPECTED_ERROR, 500)
_BY_CLASS: tuple[tuple[type[NewsletterError], ErrorCodes], ...] = (
    (ConfigurationError, ErrorCodes(CONFIGURATION, 500)),
    (UnknownNameError, ErrorCodes(USAGE, 404)),
    (UnknownListError, ErrorCodes(USAGE, 404)),
    (UnknownSubscriberError, ErrorCodes(USAGE, 404)),
    (NotPermittedError, ErrorCodes(NOT_PERMITTED, 409)),
    (SuppressedError, ErrorCodes(NOT_PERMITTED, 409)),
    (ClosedListError, ErrorCodes(NOT_PERMITTED, 409)),
    (ListExistsError, ErrorCodes(BAD_INPUT, 409)),
    (LintBlockedError, ErrorCodes(FINDINGS, 409)),
    (ConflictError, ErrorCodes(FINDINGS, 409)),
    (UnavailableError, ErrorCodes(UNAVAILABLE, 503)),
    (TemporaryError, ErrorCodes(TEMPORARY, 503)),
    (InputError, ErrorCodes(BAD_INPUT, 422)),
    (SubscribersError, ErrorCodes(BAD_INPUT, 422)),
    (NewsletterError, ErrorCodes(FINDINGS, 500)),
)
"""The first class that an error belongs to decides."""


def codes_of(error: BaseException) -> ErrorCodes:
    """The codes of an error; those of an unexpected one if it is not in the tree of errors."""
    return next((codes for kind, codes in _BY_CLASS if isinstance(error, kind)), _UNEXPECTED)
