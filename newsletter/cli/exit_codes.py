"""The exit codes of the contract, and which error ends in which (sysexits.h where it has one)."""

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
    SubscribersError,
    SuppressedError,
    UnknownListError,
    UnknownSubscriberError,
)

OK = 0  # done, or nothing was due
FINDINGS = 1  # findings, or some messages failed for good
USAGE = 2  # the command line is wrong, or names what is not there
BAD_INPUT = 65  # data that cannot be used
UNAVAILABLE = 69  # no relay, or no database
UNFORESEEN = 70  # an error that nobody foresaw: the log has the whole of it
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
    (UnavailableError, UNAVAILABLE),
    (TemporaryError, TEMPORARY),
    (InputError, BAD_INPUT),
    (SubscribersError, BAD_INPUT),
    (NewsletterError, FINDINGS),
)


def exit_code(error: BaseException) -> int:
    """The code that a command ends with when `error` ends it."""
    return next((code for kind, code in _BY_CLASS if isinstance(error, kind)), UNFORESEEN)
