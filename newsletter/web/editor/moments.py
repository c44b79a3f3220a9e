"""Moments as a form's field holds them: wall-clock time of the site's zone, to the minute."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from newsletter.errors import InputError


def typed(moment: datetime, zone: ZoneInfo) -> str:
    """The moment as `<input type="datetime-local">` wants it."""
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def read_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """The moment that was typed, None for nothing; raises InputError.

    Of an hour that autumn repeats it is the first, and a time that spring skips moves forward
    by the gap, as the schedule has it.
    """
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return in_zone(moment, zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"{text[:40]!r} is no date and time", field="send_at", fix="write 2026-03-09T07:00"
        ) from error


def in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment itself; one without an offset is the zone's wall-clock time."""
    return moment if moment.tzinfo else moment.replace(tzinfo=zone, fold=0)
