"""The outcome of one transaction, or attempt to connect, with a relay."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.delivery.classify import Meaning, Stage, classify
from newsletter.delivery.replies import Reply


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """The stage reached, its meaning, and the relay's reply; `code` is 0 without a reply."""

    stage: Stage
    meaning: Meaning
    text: str
    code: int = 0
    enhanced: str = ""

    def __str__(self) -> str:
        reply = f"{self.code} {self.text}" if self.code else self.text
        return f"{self.stage}: {reply}"


def from_reply(stage: Stage, reply: Reply) -> Outcome:
    """The outcome of a relay's reply at `stage`."""
    return Outcome(
        stage=stage,
        meaning=classify(stage, reply),
        text=reply.text,
        code=reply.code,
        enhanced=reply.enhanced,
    )


def from_trouble(stage: Stage, error: Exception) -> Outcome:
    """The outcome when no valid reply came: connection lost, timeout, or not SMTP."""
    text = str(error) or ("no reply in time" if isinstance(error, TimeoutError) else repr(error))
    is_early = stage in (Stage.CONNECT, Stage.EHLO, Stage.STARTTLS, Stage.AUTH, Stage.MAIL)
    return Outcome(stage=stage, meaning=Meaning.RELAY if is_early else Meaning.BROKEN, text=text)
