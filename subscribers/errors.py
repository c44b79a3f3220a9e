"""Every error the subscribers package raises on purpose, in one tree.

SubscribersError
├── AddressError (ValueError)         not an e-mail address we can write to
├── ImportFileError (ValueError)      a subscriber file cannot be read as such
├── TokenError (ValueError)           a link's token is forged, damaged, expired or for another purpose
├── UnknownSubscriberError (LookupError)
├── UnknownListError (LookupError)
└── SuppressedError (PermissionError) the address must not be mailed or brought back
"""

from __future__ import annotations


class SubscribersError(Exception):
    """Root of the tree; `field` and `fix` help whoever has to mend it."""

    code = "subscribers"

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        field: str | None = None,
        fix: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.field = field
        self.fix = fix


class AddressError(SubscribersError, ValueError):
    """The text is not an e-mail address we can write to."""

    code = "bad-address"


class ImportFileError(SubscribersError, ValueError):
    """The subscriber file cannot be read as CSV with an e-mail column."""

    code = "bad-import-file"


class TokenError(SubscribersError, ValueError):
    """The token is forged, damaged, expired, or was made for another purpose."""

    code = "bad-token"


class UnknownSubscriberError(SubscribersError, LookupError):
    """Nobody has that address or id."""

    code = "unknown-subscriber"


class UnknownListError(SubscribersError, LookupError):
    """There is no list of that name."""

    code = "unknown-list"


class SuppressedError(SubscribersError, PermissionError):
    """The address is suppressed, or left by its own wish: it is not brought back unasked."""

    code = "suppressed"
