"""What a newsletter does with a due issue while sources cannot be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from newsletter.config.durations import parse_duration


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceFailurePolicy:
    """Send the issue without them, wait for them and then send it, or hold it.

    `wait` is zero unless the issue is to wait.
    """

    do: Literal["send", "wait", "hold"] = "send"
    wait: timedelta = timedelta(0)


def parse_policy(value: Any) -> SourceFailurePolicy:
    """Parse `send`, `hold`, or `wait` with a duration; raises ValueError for anything else."""
    if isinstance(value, SourceFailurePolicy):
        return value
    word, _, rest = str(value).strip().partition(" ")
    if word == "send" and not rest:
        return SourceFailurePolicy(do="send")
    if word == "hold" and not rest:
        return SourceFailurePolicy(do="hold")
    if word == "wait" and rest and (wait := parse_duration(rest)):
        return SourceFailurePolicy(do="wait", wait=wait)
    raise ValueError(f'{value!r} is not a policy; write "send", "hold" or one such as "wait 2h"')


OnSourceFailure = Annotated[SourceFailurePolicy, BeforeValidator(parse_policy)]
"""`send`, `hold`, or `wait` with a duration."""
