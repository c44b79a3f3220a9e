"""The five answers to the question whose fault a refusal is, two of them told apart further."""

from __future__ import annotations

from enum import StrEnum


class Blame(StrEnum):
    """Whose fault it is that a message was not taken."""

    READER = "reader"
    """The address takes no mail, now or ever."""
    MAILBOX = "mailbox"
    """The reader's mailbox takes nothing now: full, or it gets too much at once."""
    MESSAGE = "message"
    """This one message: too large, or not well formed."""
    ACCOUNT = "account"
    """Our account with our own relay: its limit, its suspension, a sender it does not know."""
    POLICY = "policy"
    """A receiver refuses us or our content: block lists, reputation, authentication, spam."""
    NOW = "now"
    """A server or the way there, for the time being: busy, too fast, not reachable."""
    UNKNOWN = "unknown"
    """Nothing in it says."""


OURS = frozenset({Blame.ACCOUNT, Blame.POLICY})
"""No reader is to blame: a person on our side has to look."""
