"""When a newsletter is due: pure, from its schedule, its zone, its history and now.

A schedule speaks of wall-clock times. APScheduler's trigger enumerates them on a clock without
summer time, and each is then placed in the zone: in a repeated autumn hour the first of the two
moments counts, a time that the spring gap skips moves forward by the gap. So each wall-clock
time of the schedule is exactly one moment, which the trigger alone does not promise.

An occasion is known by its local date: whatever the clocks, zones and schedules did meanwhile,
a date that an issue has served does not come again.
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
"""No schedule has a longer pause: a leap day comes back within eight years."""

NO_DATES: frozenset[date] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class PastOccasions:
    """What is over for a newsletter: every due time up to `after`, and all on `dates`."""

    after: datetime
    dates: frozenset[date]


def past_occasions(
    now: datetime,
    *,
    looked: Iterable[datetime | None],
    served: Iterable[tuple[datetime, date]],
    holidays: Iterable[date] = (),
) -> PastOccasions:
    """What is over at `now`.

    `looked` are moments up to which nothing was left to do, `served` the due times and dates of
    past issues. A moment ahead of `now` was written by a clock that ran ahead, and is not
    believed; the date of an issue is, for that issue did go out.
    """
    served = list(served)
    moments = [*looked, *(due for due, _day in served)]
    return PastOccasions(
        after=max((moment for moment in moments if moment and moment <= now), default=now),
        dates=frozenset(day for _due, day in served) | frozenset(holidays),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """When an approved issue goes out by its editor's choice, and the due time it serves."""

    due: datetime
    send_at: datetime


def due_by_choice(
    scheduled: datetime | None, chosen: Chosen | None, now: datetime
) -> datetime | None:
    """The due time to be served at `now`: the schedule says when, unless an editor chose.

    While an approved issue waits for its chosen moment nothing is due, though the schedule says so.
    """
    if chosen is None:
        return scheduled
    return chosen.due if chosen.send_at <= now else None


def require_choosable(moment: datetime, *, now: datetime, following: datetime) -> None:
    """Raise InputError unless an issue may be sent at `moment`.

    That is from this minute on, and before `following`, when the next issue is due.
    """
    if moment < now.replace(second=0, microsecond=0):
        raise InputError(
            f"{moment.isoformat(timespec='minutes')} is past",
            field="send_at",
            fix="choose a later time, or send it now",
        )
    if moment >= following:
        raise InputError(
            "by then the next issue is due",
            field="send_at",
            fix=f"choose a time before {following.isoformat(timespec='minutes')}",
        )


def due_times(
    schedule: str, zone: ZoneInfo, after: datetime, *, without: Collection[date] = NO_DATES
) -> Iterator[datetime]:
    """The moments (aware, UTC) later than `after` at which the schedule is due, in order.

    At most one on each local date, and none on the dates `without`.
    """
    # Two days back: no zone's clock is moved by more, and a gap may have delayed a time past it.
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
    """The first due time later than `after`; raises ValueError for a schedule that never comes."""
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
    # Walks only the recent past, widening until something is found or `after` is reached.
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
    """The newsletter's local date of a due time: what makes an issue once per occasion."""
    return due.astimezone(zone).date()


@lru_cache(maxsize=256)
def _trigger(schedule: str) -> CronTrigger:
    return CronTrigger.from_crontab(schedule, timezone=UTC)
