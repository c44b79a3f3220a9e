"""Decides from outcomes alone when a send pauses for a person's attention."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.delivery.classify import ABOUT_ONE_MESSAGE, Meaning
from newsletter.delivery.ledger import Claim
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.recent_refusals import RecentRefusals
from newsletter.delivery.retry import pauses_the_run


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusedByRelay:
    """A relay refused us, rather than a reader."""

    relay: str
    outcome: Outcome

    def __str__(self) -> str:
        return f"relay {self.relay} refuses us, not a reader: {self.outcome}"


@dataclass(frozen=True, kw_only=True, slots=True)
class TooManyRefused:
    """Of the last `window` messages, `refused` were refused permanently."""

    refused: int
    window: int
    last: Outcome

    def __str__(self) -> str:
        return (
            f"{self.refused} of the last {self.window} messages were refused permanently, "
            f"the last with {self.last}"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusedAlike:
    """Readers of several domains were refused in the same words, so it is not their fault."""

    relay: str
    domains: int
    last: Outcome

    def __str__(self) -> str:
        return (
            f"relay {self.relay} refuses readers of {self.domains} domains in the same words, "
            f"so it is not the readers' fault: {self.last}"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusedByEveryRelay:
    """Every relay refuses us, whatever the recipient; `refusals` has each relay's name and reply."""

    refusals: Sequence[tuple[str, Outcome | None]]

    def __str__(self) -> str:
        return "; ".join(f"relay {name} refuses us: {outcome}" for name, outcome in self.refusals)


Pause = RefusedByRelay | TooManyRefused | RefusedAlike | RefusedByEveryRelay
"""Why a send paused; `str()` of it is the explanation for the operators."""


class PausePolicy:
    """Examines each outcome and decides when to pause.

    The send pauses when more than `share` of the last `window` messages are refused permanently.
    """

    def __init__(self, *, window: int, share: float) -> None:
        self._refusals: deque[bool] = deque(maxlen=window)
        self._recent = RecentRefusals(window=window, share=share)
        self._window = window
        self._share = share

    def pause_after(self, claim: Claim, outcome: Outcome, relay: str) -> Pause | None:
        """The reason to pause after this outcome, None to continue."""
        too_many = self._too_many_refused(outcome)
        domains = self._recent.note(claim, outcome) if outcome.code else 0
        # A refusal before RCPT is the relay's alone: another relay may accept us.
        if outcome.stage in ABOUT_ONE_MESSAGE and pauses_the_run(claim, outcome):
            return RefusedByRelay(relay=relay, outcome=outcome)
        if domains:
            return RefusedAlike(relay=relay, domains=domains, last=outcome)
        return too_many

    def _too_many_refused(self, outcome: Outcome) -> TooManyRefused | None:
        if not outcome.code:
            return None
        is_refusal = outcome.meaning in (Meaning.REJECTED, Meaning.POLICY)
        self._refusals.append(is_refusal)
        refused = sum(self._refusals) if is_refusal and len(self._refusals) == self._window else 0
        if refused <= self._share * self._window:
            return None
        return TooManyRefused(refused=refused, window=self._window, last=outcome)
