"""What a failed delivery means for the reader: ended, counted, or not the reader's fault."""

from __future__ import annotations

import re
from enum import StrEnum

from subscribers.blame.blame import Blame
from subscribers.blame.judge import Refusal, judge


class Verdict(StrEnum):
    """What a failure says, and about whom."""

    HARD = "hard"  # this address does not accept mail
    SOFT = "soft"  # temporary: full, busy, away, too large; or no reason is given
    POLICY = "policy"  # about us or our message; never about the reader


_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")

_VERDICTS = {
    Blame.READER: Verdict.HARD,
    Blame.ACCOUNT: Verdict.POLICY,
    Blame.POLICY: Verdict.POLICY,
}


def verdict_of(status: str, text: str) -> Verdict:
    """Judge by the words, then by the codes; SOFT if neither gives a reason."""
    blame = judge(Refusal(text=text, enhanced=status))
    if blame is Blame.MESSAGE and status.startswith("5.6."):
        return Verdict.POLICY  # our content (RFC 3463 section 3.7), not its size
    return _VERDICTS.get(blame, Verdict.SOFT)


def status_in(text: str) -> str:
    """The first enhanced status code of a failure in the text; "" if there is none."""
    return next((found[0] for found in _STATUS.finditer(text) if found[1] != "2"), "")
