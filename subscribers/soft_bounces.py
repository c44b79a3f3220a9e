"""When soft bounces end a subscription (pure).

A delay is not a bounce, and a message that is too large says nothing about the reader. A mailbox
that stays full is abandoned: mailbox providers call it so after about two weeks, and mail to it
harms the sender. A server that cannot be reached, or a reason that nobody understands, is seldom
the reader's fault, so it takes twice as long: a domain that no longer exists ends then, and a
server that is down for a holiday does not. A delivered issue restarts the count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from subscribers.blame.blame import Blame


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """Consecutive issues that must bounce, and the days between the first and the last of them."""

    issues: int
    days: int


FULL = Patience(issues=3, days=14)
"""For a mailbox that accepts nothing."""

ANY = Patience(issues=5, days=28)
"""For servers out of reach, unknown reasons, and mixtures."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SoftBounce:
    """One issue that came back."""

    day: date
    blame: Blame = Blame.UNKNOWN


def patience_exhausted(soft: Mapping[int, SoftBounce], sent: Sequence[int]) -> Patience | None:
    """The patience that the reader's soft bounces (by issue number) have exhausted; None if none.

    `sent` are the numbers of the list's issues that went out to the reader. Only those up to the
    newest bounce count, because a later issue may still bounce.
    """
    if not soft:
        return None
    latest_first = sorted((number for number in sent if number <= max(soft)), reverse=True)
    counting = {n: one for n, one in soft.items() if one.blame is not Blame.MESSAGE}
    row = [counting[number] for number in takewhile(counting.__contains__, latest_first)]
    full = list(takewhile(lambda one: one.blame is Blame.MAILBOX, row))
    if _is_enough(full, FULL):
        return FULL
    return ANY if _is_enough(row, ANY) else None


def _is_enough(row: Sequence[SoftBounce], patience: Patience) -> bool:
    if len(row) < patience.issues:
        return False
    days = [one.day for one in row]
    return (max(days) - min(days)).days >= patience.days
