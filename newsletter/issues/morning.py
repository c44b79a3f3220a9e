"""When each reader's copy goes out, where that is at an hour of the reader's own day: pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

WHOLE_DAY = timedelta(days=1)


def first_at(hour: time, zone: ZoneInfo, start: datetime) -> datetime:
    """The first moment (UTC) at or after `start` at which clocks in the zone show `hour`.

    An hour that a clock change leaves out is the first moment after the gap, and one that comes
    twice is the first of the two. A day that a zone leaves out altogether, as Samoa did when it
    moved over the date line, has no such hour.
    """
    # The hour of the day before may have fallen into a gap at midnight.
    day = start.astimezone(zone).date() - WHOLE_DAY
    while (moment := _on(day, hour, zone)) is None or moment < start:
        day += WHOLE_DAY
    return moment


def mornings(
    zones: Collection[str], hour: time, home: ZoneInfo, start: datetime
) -> Mapping[str, datetime]:
    """The moment of each of these zones, by name; "" and a name that is not known here are `home`."""
    return {name: first_at(hour, zone_named(name, home), start) for name in zones}


def zone_named(name: str, home: ZoneInfo) -> ZoneInfo:
    """The zone of that name; `home` for "" and for a name that is not known here."""
    try:
        return ZoneInfo(name) if name else home
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return home


def _on(day: date, hour: time, zone: ZoneInfo) -> datetime | None:
    """The moment of the hour on that date; None if the zone left out the whole date."""
    wall = datetime.combine(day, hour)
    before, after = (_offset(wall, zone, fold) for fold in (0, 1))
    moment = (wall - before).replace(tzinfo=UTC)
    if after <= before:  # an hour as usual, or the first of two
        return moment
    if after - before >= WHOLE_DAY:
        return None
    return _end_of_gap(zone, moment, after)


def _offset(wall: datetime, zone: ZoneInfo, fold: int) -> timedelta:
    offset = wall.replace(tzinfo=zone, fold=fold).utcoffset()
    assert offset is not None  # noqa: S101 - a ZoneInfo always has one
    return offset


def _end_of_gap(zone: ZoneInfo, within: datetime, after: timedelta) -> datetime:
    """The moment of the clock change that `within` is at or after, at most a day: to the second."""
    early, late = within - WHOLE_DAY, within
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) // 2
        if middle.astimezone(zone).utcoffset() == after:
            late = middle
        else:
            early = middle
    return late.replace(microsecond=0)
