"""Reads and writes moments as wall-clock time of the site's zone, to the minute."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.errors import InputError

_HOUR = re.compile(r"[0-9]{1,2}:[0-9]{2}")


def datetime_input_value(moment: datetime, zone: ZoneInfo) -> str:
    """The moment in the format of `<input type="datetime-local">`."""
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def read_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """The moment that was typed, None for an empty text; raises InputError.

    In a repeated autumn hour it is the first moment, and a time in the spring gap moves forward
    by the gap, as in schedules.
    """
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return in_zone(moment, zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"{text[:40]!r} is not a date and time", field="send_at", fix="write 2026-03-09T07:00"
        ) from error


def read_time(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The moment of a date and time, or the next moment of a time such as 09:30.

    Raises InputError.
    """
    if _HOUR.fullmatch(text.strip()):
        today = now.astimezone(zone)
        for day in (today, today + timedelta(days=1)):
            moment = read_moment(f"{day:%Y-%m-%d}T{text.strip():0>5}", zone)
            if moment is not None and moment >= now.replace(second=0, microsecond=0):
                return moment
    if (moment := read_moment(text, zone)) is not None:
        return moment
    raise InputError("no time is given", field="send_at", fix="write 2026-03-09T07:00, or 07:00")


def in_zone(moment: datetime, zone: ZoneInfo) -> datetime:
    """The moment; without an offset it is read as wall-clock time of the zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=zone, fold=0)
