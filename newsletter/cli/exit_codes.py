"""The documented exit codes, from sysexits.h where possible, and the code of each error."""

from __future__ import annotations

from newsletter.errors import (
    ConfigurationError,
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
    SubscribersError,
    SuppressedError,
    UnknownListError,
    UnknownSubscriberError,
)

OK = 0  # done, or nothing is due
FINDINGS = 1  # findings, or some messages failed permanently
USAGE = 2  # the command line is wrong, or names something that does not exist
BAD_INPUT = 65  # input data cannot be used
UNAVAILABLE = 69  # no relay, or no database
UNEXPECTED_ERROR = 70  # the log has the traceback
TEMPORARY = 75  # run it again
NOT_PERMITTED = 77  # a rule forbids it
CONFIGURATION = 78  # newsletter.toml, templates or environment

_BY_CLASS: tuple[tuple[type[Exception], int], ...] = (
    (ConfigurationError, CONFIGURATION),
    (LintBlockedError, FINDINGS),
    (UnknownNameError, USAGE),
    (UnknownListError, USAGE),
    (UnknownSubscriberError, USAGE),
    (NotPermittedError, NOT_PERMITTED),
    (SuppressedError, NOT_PERMITTED),
    (ClosedListError, NOT_PERMITTED),
    (UnavailableError, UNAVAILABLE),
    (TemporaryError, TEMPORARY),
    (InputError, BAD_INPUT),
    (SubscribersError, BAD_INPUT),
    (NewsletterError, FINDINGS),
)


def exit_code(error: BaseException) -> int:
    """The exit code of a command that ends with `error`."""
    return next((code for kind, code in _BY_CLASS if isinstance(error, kind)), UNEXPECTED_ERROR)
