"""What one step with a relay came to."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.delivery.classify import Meaning, Stage, classify
from newsletter.delivery.replies import Reply


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How far it came, what follows, and the relay's words; `code` is 0 without a reply."""

    stage: Stage
    meaning: Meaning
    text: str
    code: int = 0
    enhanced: str = ""

    def __str__(self) -> str:
        said = f"{self.code} {self.text}" if self.code else self.text
        return f"{self.stage}: {said}"


def from_reply(stage: Stage, reply: Reply) -> Outcome:
    """The outcome that a relay's reply means."""
    return Outcome(
        stage=stage,
        meaning=classify(stage, reply),
        text=reply.text,
        code=reply.code,
        enhanced=reply.enhanced,
    )


def from_trouble(stage: Stage, error: Exception) -> Outcome:
    """The outcome when no reply came: lost, too slow, or no SMTP."""
    text = str(error) or ("no reply in time" if isinstance(error, TimeoutError) else repr(error))
    early = stage in (Stage.CONNECT, Stage.EHLO, Stage.STARTTLS, Stage.AUTH, Stage.MAIL)
    return Outcome(stage=stage, meaning=Meaning.RELAY if early else Meaning.BROKEN, text=text)
