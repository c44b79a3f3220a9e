"""What a failed delivery means for the reader: ended, counted, or not the reader's fault."""

from __future__ import annotations

import re
from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What a failure means for the reader, and whose fault it is."""

    verdict: Verdict
    blame: Blame


def judgement_of(status: str, text: str) -> Judgement:
    """Judge by the words, then by the codes; SOFT if neither gives a reason."""
    blame = judge(Refusal(text=text, enhanced=status))
    if blame is Blame.MESSAGE and status.startswith("5.6."):
        return Judgement(
            verdict=Verdict.POLICY, blame=blame
        )  # our content (RFC 3463 3.7), not its size
    return Judgement(verdict=_VERDICTS.get(blame, Verdict.SOFT), blame=blame)


def verdict_of(status: str, text: str) -> Verdict:
    """What a failure with this status and text means for the reader."""
    return judgement_of(status, text).verdict


def status_in(text: str) -> str:
    """The first enhanced status code of a failure in the text; "" if there is none."""
    return next((found[0] for found in _STATUS.finditer(text) if found[1] != "2"), "")
