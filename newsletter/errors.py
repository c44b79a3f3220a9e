"""Every error newsletter raises on purpose, in one tree.

    NewsletterError
    ├── ConfigurationError (ValueError)      newsletter.toml, templates or environment are wrong
    ├── InputError (ValueError)              input data cannot be used
    │   ├── SourceError                      a source of articles cannot be fetched or read
    │   ├── ParsingError                     what somebody wrote cannot be read within limits
    │   │   ├── TooSlowError
    │   │   ├── TooLargeError
    │   │   └── ParserCrashedError
    │   └── RenderingError                   an issue cannot be rendered
    ├── UnknownNameError (LookupError)       no such newsletter, issue, list or subscriber
    ├── NotPermittedError (PermissionError)  a rule forbids it: state, allow-list, disarmed site
    ├── LintBlockedError                     an issue has a blocking lint finding
    ├── UnavailableError (ConnectionError)   a relay or the database cannot be reached
    │   ├── DatabaseUnavailableError
    │   ├── RelayUnavailableError
    │   ├── AccessTokenError             no access token with which to sign in to a mail server
    │   └── IdentityProviderError        the provider by which editors sign in cannot be used
    ├── ConflictError                        somebody else has changed the same thing
    ├── TemporaryError                       another run holds the lock: run again
    │   └── DatabaseBusyError
    └── SubscribersError                     defined in subscribers/errors.py

The root is defined in subscribers/errors.py, so that a handler that catches it catches the errors
of both packages. result_codes.py has the exit code and HTTP status of each.
"""

from __future__ import annotations

from collections.abc import Sequence

from subscribers.errors import NewsletterError, Problem

__all__ = [
    "AccessTokenError",
    "ConfigurationError",
    "ConflictError",
    "DatabaseUnavailableError",
    "IdentityProviderError",
    "InputError",
    "LintBlockedError",
    "NewsletterError",
    "NotPermittedError",
    "ParserCrashedError",
    "ParsingError",
    "Problem",
    "RelayUnavailableError",
    "RenderingError",
    "SourceError",
    "TemporaryError",
    "TooLargeError",
    "TooSlowError",
    "UnavailableError",
    "UnknownNameError",
]


class ConfigurationError(NewsletterError, ValueError):
    """The site's configuration is wrong; carries every problem that was found."""

    code = "configuration"

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        super().__init__(first.message, file=first.file, field=first.field, fix=first.fix)
        self.problems = tuple(problems)


class InputError(NewsletterError, ValueError):
    """Input data (a file, a message, an argument's content) cannot be used."""

    code = "bad-input"


class SourceError(InputError):
    """A source of articles cannot be fetched or read."""

    code = "source"


class AnswerError(SourceError):
    """A server answered with a status that has no page or feed; `url` is where, after redirects."""

    def __init__(self, message: str, *, status: int, url: str, fix: str) -> None:
        super().__init__(message, fix=fix)
        self.status = status
        self.url = url


class ParsingError(InputError):
    """What somebody wrote cannot be read by a worker process within its limits."""

    code = "parsing"


class TooSlowError(ParsingError):
    """Reading it takes longer than it may."""

    code = "too-slow"


class TooLargeError(ParsingError):
    """Reading it takes more memory than it may, or makes a longer result."""

    code = "too-large"


class ParserCrashedError(ParsingError):
    """The parser raised an error, or ended its process."""

    code = "parser-crashed"


class RenderingError(InputError):
    """A template or an item cannot be turned into HTML."""

    code = "rendering"


class UnknownNameError(NewsletterError, LookupError):
    """No newsletter, issue, list or subscriber has that name."""

    code = "unknown-name"


class NotPermittedError(NewsletterError, PermissionError):
    """A rule forbids it: the issue's state, the site's allow-list, a disarmed site."""

    code = "not-permitted"


class LintBlockedError(NewsletterError):
    """A blocking lint finding keeps the issue from being approved."""

    code = "lint-blocked"


class ConflictError(NewsletterError):
    """Somebody else has changed the same thing since it was read; nothing was done.

    `who` is the person who made that change, or "".
    """

    code = "conflict"

    def __init__(self, message: str, *, who: str = "", fix: str | None = None) -> None:
        super().__init__(message, fix=fix)
        self.who = who


class UnavailableError(NewsletterError, ConnectionError):
    """A server we depend on cannot be reached."""

    code = "unavailable"


class DatabaseUnavailableError(UnavailableError):
    """The database cannot be opened, or refuses to work."""

    code = "database-unavailable"


class RelayUnavailableError(UnavailableError):
    """No relay accepts mail at present."""

    code = "relay-unavailable"


class AccessTokenError(UnavailableError):
    """There is no access token with which to sign in; `is_final` until a person does something."""

    code = "access-token"

    def __init__(self, message: str, *, is_final: bool, field: str, fix: str) -> None:
        super().__init__(message, field=field, fix=fix)
        self.is_final = is_final


class IdentityProviderError(UnavailableError):
    """The identity provider by which editors sign in cannot be used, or what it says is not valid."""

    code = "identity-provider"


class TemporaryError(NewsletterError):
    """It may work on the next run: a lock is held, messages are deferred."""

    code = "temporary"


class DatabaseBusyError(TemporaryError):
    """Another writer holds the database, or every connection to it is in use."""
