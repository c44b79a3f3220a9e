"""The root of all errors that both packages raise on purpose, and the branch of this package.

NewsletterError                       newsletter/errors.py has its other branches
└── SubscribersError
    ├── AddressError (ValueError)         not an e-mail address we can write to
    ├── ImportFileError (ValueError)      a subscriber file cannot be read as such
    ├── ProviderEventError (ValueError)   what a mail provider reports is not what it documents
    ├── SegmentError (ValueError)         a segment cannot be read, or names what does not exist
    ├── TokenError (ValueError)           a link's token is forged, damaged, expired or for another purpose
    ├── UnknownSubscriberError (LookupError)
    ├── UnknownListError (LookupError)
    ├── AttributeNameError (ValueError)   an attribute cannot have this name or value
    ├── ListExistsError (ValueError)      a list of that name exists already
    ├── ClosedListError (PermissionError) the list is closed: nobody may join it
    └── SuppressedError (PermissionError) the address must not be mailed or added again

The root is here because this package does not import `newsletter`, and a handler that catches the
root must catch the errors of both.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that is wrong: what, where (a file, a field in it), and how to fix it."""

    message: str
    file: str | None = None
    field: str | None = None
    fix: str | None = None

    def __str__(self) -> str:
        location = ": ".join(part for part in (self.file, self.field) if part)
        text = f"{location}: {self.message}" if location else self.message
        return f"{text}. Fix: {self.fix}" if self.fix else text


class NewsletterError(Exception):
    """Root of the tree; `problem` says what is wrong, where, and how to fix it."""

    code = "error"

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        field: str | None = None,
        fix: str | None = None,
    ) -> None:
        self.problem = Problem(message=message, file=file, field=field, fix=fix)
        super().__init__(str(self.problem))


class SubscribersError(NewsletterError):
    """An address, a subscriber, a list or a link cannot be used."""

    code = "subscribers"

    def __str__(self) -> str:
        """Only the message: reports of many rows show it beside the row's number."""
        return self.problem.message


class AddressError(SubscribersError, ValueError):
    """The text is not an e-mail address we can write to."""

    code = "bad-address"


class ImportFileError(SubscribersError, ValueError):
    """The subscriber file cannot be read as CSV with an e-mail column."""

    code = "bad-import-file"


class ProviderEventError(SubscribersError, ValueError):
    """What a mail provider reports is not in the form that it documents."""

    code = "provider-event"


class SegmentError(SubscribersError, ValueError):
    """The text of a segment cannot be read, or names what does not exist.

    `position` is the place of the mistake, counted in characters from 1.
    """

    code = "bad-segment"

    def __init__(self, message: str, *, position: int, fix: str) -> None:
        self.position = position
        super().__init__(f"at character {position}: {message}", field="segment", fix=fix)


class TokenError(SubscribersError, ValueError):
    """The token is forged, damaged, expired, or was made for another purpose."""

    code = "bad-token"


class UnknownSubscriberError(SubscribersError, LookupError):
    """Nobody has that address or id."""

    code = "unknown-subscriber"


class UnknownListError(SubscribersError, LookupError):
    """There is no list of that name."""

    code = "unknown-list"


class AttributeNameError(SubscribersError, ValueError):
    """An attribute of a person cannot have this name or value."""

    code = "bad-attribute"


class TimeZoneError(SubscribersError, ValueError):
    """The text is not the name of a time zone."""

    code = "bad-time-zone"


class MailFormatError(SubscribersError, ValueError):
    """The text is not the name of a form of mails."""

    code = "bad-mail-format"


class ListExistsError(SubscribersError, ValueError):
    """A list of that name exists already."""

    code = "list-exists"


class ClosedListError(SubscribersError, PermissionError):
    """The list is closed: nobody may join it."""

    code = "closed-list"


class SuppressedError(SubscribersError, PermissionError):
    """The address is suppressed, or unsubscribed itself: it is not added again without consent."""

    code = "suppressed"
