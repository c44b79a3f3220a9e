"""Mail to the address of a source: whose is read at once, and whose waits for an editor. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class SourceMailState(StrEnum):
    """What became of a mail to a source."""

    HELD = "held"  # for an editor
    WAITING = "waiting"  # for the next reading of its source
    READ = "read"
    DROPPED = "dropped"  # by an editor


class HeldReason(StrEnum):
    """Why a mail waits for an editor."""

    UNCONFIRMED = "unconfirmed"  # nobody has confirmed its sender
    DOUBTFUL = "doubtful"  # the same, and its sender does not vouch for it
    UNPROVEN = "unproven"  # its sender is confirmed, and does not vouch for it


TRY_AGAIN = timedelta(hours=1)
"""After what time a mail with links that did not answer is read again by itself."""


def is_due(received_at: datetime, tries: int, now: datetime) -> bool:
    """Whether a mail is to be read: at once, then an hour after it came, then two."""
    return received_at + tries * TRY_AGAIN <= now


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldMail:
    """A mail to a source that waits for an editor."""

    id: int
    newsletter: str
    address: str
    sender: str
    subject: str
    received_at: datetime
    held_for: HeldReason


def held_reason(
    sender: str, confirmed: Sequence[str], *, authenticated: bool | None, is_disowned: bool
) -> HeldReason | None:
    """Why the mail waits for an editor; None if it is read at once.

    `confirmed` are addresses and domains in small letters. `authenticated` is what our own listener
    found; None where a mail server took the mail, which says `is_disowned` if it is forged.
    """
    domain = sender.rpartition("@")[2]
    is_doubtful = authenticated is False or is_disowned
    if sender not in confirmed and domain not in confirmed:
        return HeldReason.DOUBTFUL if is_doubtful else HeldReason.UNCONFIRMED
    return HeldReason.UNPROVEN if is_doubtful else None
