"""When a newsletter is due: pure, from its schedule, its zone, its history and now.

A schedule speaks of wall-clock times. APScheduler's trigger enumerates them on a clock without
summer time, and each is then placed in the zone: in a repeated autumn hour the first of the two
moments counts, a time that the spring gap skips moves forward by the gap. So each wall-clock
time of the schedule is exactly one moment, which the trigger alone does not promise.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

LONGEST_GAP = timedelta(days=370 * 8)
"""No schedule has a longer pause: a leap day comes back within eight years."""


def due_times(schedule: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """The moments (aware, UTC) later than `after` at which the schedule is due, in order."""
    trigger = CronTrigger.from_crontab(schedule, timezone=UTC)
    # Two days back: no zone's clock is moved by more, and a gap may have delayed a time past it.
    wall = (after.astimezone(zone).replace(tzinfo=UTC) - timedelta(days=2)).replace(fold=0)
    while (wall := trigger.get_next_fire_time(None, wall)) is not None:
        moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if moment > after:
            yield moment
        wall += timedelta(seconds=1)


def next_due(schedule: str, zone: ZoneInfo, after: datetime) -> datetime:
    """The first due time later than `after`; raises ValueError for a schedule that never comes."""
    for moment in due_times(schedule, zone, after):
        return moment
    raise ValueError(f"the schedule {schedule!r} never comes due")


def newest_due(schedule: str, zone: ZoneInfo, *, after: datetime, now: datetime) -> datetime | None:
    """The last due time in (after, now], or None: after downtime only the newest is served."""
    newest = None
    # Walks only the recent past, widening until something is found or `after` is reached.
    reach = timedelta(days=1)
    while newest is None:
        start = max(after, now - reach)
        for moment in due_times(schedule, zone, start):
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
