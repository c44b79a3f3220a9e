"""When a send pauses because a person has to look: decided from outcomes alone."""

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
    """A relay's refusal is about us and not about a reader."""

    relay: str
    outcome: Outcome

    def __str__(self) -> str:
        return f"relay {self.relay} refuses us, no reader: {self.outcome}"


@dataclass(frozen=True, kw_only=True, slots=True)
class TooManyRefused:
    """Of the last `window` messages `refused` were refused for good."""

    refused: int
    window: int
    last: Outcome

    def __str__(self) -> str:
        return (
            f"{self.refused} of the last {self.window} messages were refused for good, "
            f"the last with {self.last}"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusedAlike:
    """Readers of several domains were refused in the same words, so none of them is to blame."""

    relay: str
    domains: int
    last: Outcome

    def __str__(self) -> str:
        return (
            f"relay {self.relay} refuses readers of {self.domains} domains in the same words, "
            f"so none of them is to blame: {self.last}"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusedByEveryRelay:
    """Each relay refuses us, whoever we write to: names with what they said."""

    said: Sequence[tuple[str, Outcome | None]]

    def __str__(self) -> str:
        return "; ".join(f"relay {name} refuses us: {outcome}" for name, outcome in self.said)


Pause = RefusedByRelay | TooManyRefused | RefusedAlike | RefusedByEveryRelay
"""Why a send paused; as text it says so to the operators."""


class PausePolicy:
    """Looks at one outcome after another and says when to pause.

    `window` is how many messages the share of refusals is taken of, `share` the share above
    which the send pauses.
    """

    def __init__(self, *, window: int, share: float) -> None:
        self._refusals: deque[bool] = deque(maxlen=window)
        self._recent = RecentRefusals(window=window, share=share)
        self._window = window
        self._share = share

    def pause_after(self, claim: Claim, outcome: Outcome, relay: str) -> Pause | None:
        """The reason to pause after this outcome, None to go on."""
        too_many = self._too_many_refused(outcome)
        domains = self._recent.note(claim, outcome) if outcome.code else 0
        # Before RCPT it is the relay that refuses us: another may not.
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
