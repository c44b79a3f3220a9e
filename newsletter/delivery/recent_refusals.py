"""Detects that several domains refuse readers in the same words (rule 17)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from newsletter.delivery.classify import Meaning, whose_fault
from newsletter.delivery.ledger import Claim
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.replies import Reply
from subscribers.blame.blame import Blame
from subscribers.blame.widespread import MANY_DOMAINS
from subscribers.blame.words import same_words

SEVERAL_DOMAINS = 3
"""Domains that refuse readers in the same words, so that it is not a coincidence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Outcome:
    words: str  # "" if the message was not refused
    domain: str


class RecentRefusals:
    """The last outcomes of a run, examined the same way for short and for long lists.

    Refusals in the same words are evidence when they are more than `share` of the last `window`
    outcomes, or as soon as they are consecutive.
    """

    def __init__(self, *, window: int, share: float) -> None:
        self._outcomes: deque[_Outcome] = deque(maxlen=window)
        self._share = share

    def note(self, claim: Claim, outcome: Outcome) -> int:
        """Add an outcome; returns how many domains refuse alike, or 0 if that is not evidence."""
        domain = claim.address.rpartition("@")[2].casefold()
        words = same_words(outcome.text) if outcome.meaning is Meaning.REJECTED else ""
        reply = Reply(code=outcome.code, text=outcome.text)
        is_reader = bool(words) and whose_fault(outcome.stage, reply) is Blame.READER
        if is_reader and claim.was_refused_by_policy:
            return 0  # a person has decided to try it again, so it is not new evidence either
        self._outcomes.append(_Outcome(words=words, domain=domain))
        if not words:
            return 0
        alike = [one for one in self._outcomes if one.words == words]
        domains = len({one.domain for one in alike})
        needed = MANY_DOMAINS if is_reader else SEVERAL_DOMAINS
        if domains < needed:
            return 0
        is_consecutive = all(one.words == words for one in list(self._outcomes)[-needed:])
        return domains if is_consecutive or len(alike) > self._share * len(self._outcomes) else 0
