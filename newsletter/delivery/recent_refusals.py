"""Whether readers of several domains are refused alike: then it is not the readers' fault (rule 17)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from newsletter.delivery.classify import Meaning, whose_fault
from newsletter.delivery.ledger import Claim
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.replies import Reply
from subscribers.blame.blame import Blame
from subscribers.blame.words import same_words

SEVERAL_DOMAINS = 3
"""So many domains refuse no readers of theirs in the same words by chance …"""

MANY_DOMAINS = 5
"""… and so many, where the words are those for an address that does not exist."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Outcome:
    words: str  # "" of a message that was not refused
    domain: str


class RecentRefusals:
    """The last outcomes of a run, and what they prove. A list of twelve is watched like one of a million.

    `share` of the last `window` outcomes may be refusals in the same words before they are
    evidence; an unbroken row of them is evidence at once.
    """

    def __init__(self, *, window: int, share: float) -> None:
        self._outcomes: deque[_Outcome] = deque(maxlen=window)
        self._share = share

    def note(self, claim: Claim, outcome: Outcome) -> int:
        """Of how many domains readers are refused in these words; 0 while that proves nothing."""
        domain = claim.address.rpartition("@")[2].casefold()
        words = same_words(outcome.text) if outcome.meaning is Meaning.REJECTED else ""
        self._outcomes.append(_Outcome(words=words, domain=domain))
        if not words:
            return 0
        reply = Reply(code=outcome.code, text=outcome.text)
        is_reader = whose_fault(outcome.stage, reply) is Blame.READER
        if is_reader and claim.was_refused_by_policy:
            return 0  # a person has looked at it since
        alike = [one for one in self._outcomes if one.words == words]
        domains = len({one.domain for one in alike})
        needed = MANY_DOMAINS if is_reader else SEVERAL_DOMAINS
        if domains < needed:
            return 0
        is_row = all(one.words == words for one in list(self._outcomes)[-needed:])
        return domains if is_row or len(alike) > self._share * len(self._outcomes) else 0
