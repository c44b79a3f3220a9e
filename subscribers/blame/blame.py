"""Whose fault a refusal may be."""

from __future__ import annotations

from enum import StrEnum


class Blame(StrEnum):
    """Whose fault it is that a message was not accepted."""

    READER = "reader"
    """The address does not accept mail, now or later."""
    MAILBOX = "mailbox"
    """The reader's mailbox accepts nothing for now: it is full, or gets too much at once."""
    MESSAGE = "message"
    """This one message: it is too large or malformed."""
    ACCOUNT = "account"
    """Our account at our own relay: a limit, a suspension, or a sender that is not verified."""
    POLICY = "policy"
    """A receiver refuses us or our content: block lists, reputation, authentication, spam."""
    NOW = "now"
    """A temporary problem of a server or of the network: busy, too fast, not reachable."""
    UNKNOWN = "unknown"
    """The refusal does not say."""


OURS = frozenset({Blame.ACCOUNT, Blame.POLICY})
"""No reader is at fault, and a person on our side has to act."""
