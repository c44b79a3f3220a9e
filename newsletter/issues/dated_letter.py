"""Dated letters: what an editor writes once, and when each new reader gets it. Pure.

A letter is due at the newsletter's usual hour on the day that is so many days after its reader
confirmed. An issue comes first: in a calendar week, from Monday to Sunday where the reader lives,
in which the reader is sent an issue, the letter is skipped. It is never sent in a later week.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from newsletter.issues.due import due_times, next_due
from newsletter.issues.issue import Window
from newsletter.issues.morning import first_at

MOST_LETTERS = 2
"""Of one newsletter at a time."""

FIRST_DAY, LAST_DAY = 1, 60
"""How many days after the confirmation a letter may be due."""

WEEK = timedelta(days=7)
DAY = timedelta(days=1)
_WEEKS_LOOKED_AT = 5


class LetterState(StrEnum):
    """What became of a letter to one reader."""

    WAITING = "waiting"  # for its day, or for the issue of its week
    QUEUED = "queued"  # in the outbox
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"  # no relay took it for days
    UNKNOWN = "unknown"  # the sender died between the final dot and the reply
    ISSUE = "issue"  # skipped: an issue came in its week
    LATE = "late"  # skipped: its week was over before it could go
    ABSENT = "absent"  # skipped: its reader had left, paused, or does not get the newsletter
    WITHDRAWN = "withdrawn"  # skipped: its editor had deleted it


SKIPPED = (LetterState.ISSUE, LetterState.LATE, LetterState.ABSENT, LetterState.WITHDRAWN)
"""The states in which a reader got nothing, because it was decided so."""


class Verdict(StrEnum):
    """What to do with a letter to one reader now."""

    SEND = "send"
    WAIT = "wait"
    SKIP = "skip"


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """The verdict: for WAIT when to look again, for SKIP the state that says why."""

    verdict: Verdict
    look_at: datetime | None = None
    state: LetterState | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReaderDay:
    """When a reader confirmed, and at which hour of which zone a letter is due so many days later."""

    confirmed_at: datetime
    days: int
    hour: time
    zone: ZoneInfo

    @property
    def due(self) -> datetime:
        """The moment (UTC) at which the letter is due."""
        confirmed = self.confirmed_at.astimezone(self.zone).date()
        return first_at(self.hour, self.zone, _midnight(confirmed + self.days * DAY, self.zone))

    def after(self, now: datetime) -> datetime:
        """The same hour of the next day."""
        tomorrow = now.astimezone(self.zone).date() + DAY
        return first_at(self.hour, self.zone, _midnight(tomorrow, self.zone))


def decide(
    day: ReaderDay,
    *,
    sent: Collection[datetime],
    expected: Collection[datetime],
    is_reader: bool,
    now: datetime,
) -> Decision:
    """Whether the letter goes now, waits, or is skipped.

    `sent` and `expected` are the moments of the issues that this reader was sent, or will be as far
    as is known. While one is expected in the letter's week, the letter waits: it may still be
    skipped as too thin, and then the letter goes on the next day. `is_reader`: the reader gets the
    newsletter at `now`.
    """
    due = day.due
    if now < due:
        return Decision(verdict=Verdict.WAIT, look_at=due)
    week = week_of(due, day.zone)
    if any(moment in week for moment in sent):
        return _skipped(LetterState.ISSUE)
    if now >= week.end:
        return _skipped(LetterState.LATE)
    if not is_reader:
        return _skipped(LetterState.ABSENT)
    if any(moment in week for moment in expected):
        return Decision(verdict=Verdict.WAIT, look_at=day.after(now))
    return Decision(verdict=Verdict.SEND)


def week_of(moment: datetime, zone: ZoneInfo) -> Window:
    """The calendar week of the zone, from Monday to Sunday, that the moment is in."""
    day = moment.astimezone(zone).date()
    monday = day - day.weekday() * DAY
    return Window(start=_midnight(monday, zone), end=_midnight(monday + WEEK, zone))


def usual_hour(schedule: str, deliver: time | None, zone: ZoneInfo, now: datetime) -> time:
    """The hour of the day at which a newsletter's issues come."""
    return deliver if deliver is not None else next_due(schedule, zone, now).astimezone(zone).time()


def comes_every_week(
    schedule: str, zone: ZoneInfo, now: datetime, holidays: Collection[date] = ()
) -> bool:
    """Whether an issue is due in each of the coming weeks, so that letters are hardly ever sent."""
    start = week_of(now, zone).end
    left = {week_of(start + number * WEEK + DAY, zone).start for number in range(_WEEKS_LOOKED_AT)}
    for moment in due_times(schedule, zone, start - DAY, without=holidays):
        if moment >= start + _WEEKS_LOOKED_AT * WEEK:
            break
        left.discard(week_of(moment, zone).start)
    return not left


def _skipped(state: LetterState) -> Decision:
    return Decision(verdict=Verdict.SKIP, state=state)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment (UTC) at which that day begins."""
    return first_at(time(), zone, datetime.combine(day, time(), zone).astimezone(UTC))
