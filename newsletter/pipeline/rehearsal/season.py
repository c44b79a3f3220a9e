"""The result of a rehearsal: what would become of each issue, and how much each source brings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from newsletter.pipeline.rehearsal.replay import SourceHabit


class Trouble(StrEnum):
    """What would be wrong with an issue."""

    THIN = "thin"  # too few articles: it would be skipped
    NEARLY_THIN = "nearly thin"  # one article fewer, and it would be skipped
    CLIPPED = "too large"  # Gmail would clip it
    BLOCKED = "blocked"  # another finding of the lint forbids its approval
    LATE = "late"  # its last message would leave later than max_lateness after the due time


@dataclass(frozen=True, kw_only=True, slots=True)
class RehearsedIssue:
    """An issue of the coming weeks as it would be.

    `octets` is the size of its largest edition's HTML as encoded, `accepted` how many messages the
    sink took. `ends` is when its last message would be handed over, by the limits of the relays;
    None if nothing says how fast they are, or if nobody gets the issue. The forecast is that of a
    send to everybody at once; `last_hour` is when the last readers have the hour of their own day at
    which they get it, None if all get it at once.
    """

    newsletter: str
    number: int
    due: datetime
    stories: int
    left_out: int
    octets: int
    readers: int
    accepted: int
    begins: datetime
    ends: datetime | None
    last_hour: datetime | None
    troubles: tuple[Trouble, ...]
    blocking: tuple[str, ...]

    @property
    def name(self) -> str:
        """`weekly/12`, as the command line writes it."""
        return f"{self.newsletter}/{self.number}"

    @property
    def takes(self) -> timedelta | None:
        """How long the send takes from its beginning to its last message."""
        return None if self.ends is None else self.ends - self.begins


@dataclass(frozen=True, kw_only=True, slots=True)
class RehearsedSource:
    """A source of a newsletter: what it brought in the past weeks, and in how many stories of
    the rehearsed issues it is.
    """

    newsletter: str
    location: str
    name: str
    habit: SourceHabit
    carried: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Season:
    """The rehearsed weeks. `paused` are newsletters that make no issue until they go on.

    `rate` is the messages a second that relays without a limit are taken to accept: the fastest
    of the last sends; None if no issue was sent yet.
    """

    start: datetime
    end: datetime
    issues: tuple[RehearsedIssue, ...]
    sources: tuple[RehearsedSource, ...]
    paused: tuple[str, ...]
    rate: float | None
