"""When a newsletter is due: pure, from its schedule, its zone, its history and now.

A schedule consists of wall-clock times. APScheduler's trigger enumerates them on a clock without
summer time, and each is then converted to a moment of the zone. In a repeated autumn hour the
first of the two moments counts, and a time in the spring gap moves forward by the gap. So each
wall-clock time of the schedule is exactly one moment, which the trigger alone does not guarantee.

An occasion is identified by its local date: a date that an issue has served does not come again,
even if clocks, zones or schedules change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from newsletter.errors import InputError

LONGEST_GAP = timedelta(days=370 * 8)
"""The longest pause of a schedule: a leap day recurs within eight years."""

NO_DATES: frozenset[date] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class PastOccasions:
    """The past due times of a newsletter: all up to `after`, and all on `dates`."""

    after: datetime
    dates: frozenset[date]


def past_occasions(
    now: datetime,
    *,
    checked: Iterable[datetime | None],
    served: Iterable[tuple[datetime, date]],
    holidays: Iterable[date] = (),
) -> PastOccasions:
    """The occasions that are past at `now`.

    `checked` are moments up to which nothing is left to do, `served` the due times and dates of
    past issues. A moment later than `now` was stored by a clock that ran ahead, and is ignored.
    The date of an issue is not ignored, because that issue was sent.
    """
    served = list(served)
    moments = [*checked, *(due for due, _day in served)]
    return PastOccasions(
        after=max((moment for moment in moments if moment and moment <= now), default=now),
        dates=frozenset(day for _due, day in served) | frozenset(holidays),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """The time that an editor chose for sending an approved issue, and its due time."""

    due: datetime
    send_at: datetime


def due_by_choice(
    scheduled: datetime | None, chosen: Chosen | None, now: datetime
) -> datetime | None:
    """The due time to be served at `now`, by the schedule or by the time that an editor chose.

    While an approved issue waits for its chosen time, nothing else is due.
    """
    if chosen is None:
        return scheduled
    return chosen.due if chosen.send_at <= now else None


def require_choosable(moment: datetime, *, now: datetime, following: datetime) -> None:
    """Raise InputError unless an issue may be sent at `moment`.

    It must not be before the current minute, and be before `following`, the next due time.
    """
    if moment < now.replace(second=0, microsecond=0):
        raise InputError(
            f"{moment.isoformat(timespec='minutes')} is in the past",
            field="send_at",
            fix="choose a later time, or send it now",
        )
    if moment >= following:
        raise InputError(
            "the next issue is due by then",
            field="send_at",
            fix=f"choose a time before {following.isoformat(timespec='minutes')}",
        )


def due_times(
    schedule: str, zone: ZoneInfo, after: datetime, *, without: Collection[date] = NO_DATES
) -> Iterator[datetime]:
    """The moments (aware, UTC) later than `after` at which the schedule is due, in order.

    At most one on each local date, and none on the dates `without`.
    """
    # Start two days earlier: no clock change is larger, and a gap may have delayed a time.
    start = after.astimezone(zone).date() - timedelta(days=2)
    wall: datetime | None = datetime.combine(start, time(), UTC)
    last_day = None
    while (wall := _trigger(schedule).get_next_fire_time(None, wall)) is not None:
        moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
        day = issue_date(moment, zone)
        if day != last_day and moment > after and day not in without:
            yield moment
        last_day = day
        wall += timedelta(seconds=1)


def next_due(
    schedule: str, zone: ZoneInfo, after: datetime, *, without: Collection[date] = NO_DATES
) -> datetime:
    """The first due time later than `after`; raises ValueError if there is none."""
    for moment in due_times(schedule, zone, after, without=without):
        return moment
    raise ValueError(f"the schedule {schedule!r} never comes due")


def newest_due(
    schedule: str,
    zone: ZoneInfo,
    *,
    after: datetime,
    now: datetime,
    without: Collection[date] = NO_DATES,
) -> datetime | None:
    """The last due time in (after, now], or None: after downtime only the newest is served."""
    newest = None
    # Search only the recent past first, and extend it until a time is found or `after` is reached.
    reach = timedelta(days=1)
    while newest is None:
        start = max(after, now - reach)
        for moment in due_times(schedule, zone, start, without=without):
            if moment > now:
                break
            newest = moment
        if start == after or reach > LONGEST_GAP:
            return newest
        reach *= 4
    return newest


def period_before(schedule: str, zone: ZoneInfo, due: datetime) -> timedelta:
    """One schedule period: from the due time before `due` to `due`."""
    previous = newest_due(
        schedule, zone, after=due - LONGEST_GAP, now=due - timedelta(microseconds=1)
    )
    return due - previous if previous else timedelta(days=7)


def issue_date(due: datetime, zone: ZoneInfo) -> date:
    """The local date of a due time, which identifies the occasion of an issue."""
    return due.astimezone(zone).date()


@lru_cache(maxsize=256)
def _trigger(schedule: str) -> CronTrigger:
    return CronTrigger.from_crontab(schedule, timezone=UTC)
