"""A schedule as days and a time, and the other way; one that is not so simple is kept as it is. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from newsletter.errors import InputError
from newsletter.issues.due import due_times

DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}

NEXT = 5
"""How many of the next dates are shown."""

_SIMPLE = re.compile(r"(\d{1,2}) (\d{1,2}) \* \* (\*|[a-z,-]+)")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def schedule_fields(schedule: str) -> dict[str, str]:
    """The form's fields: `day_mon` … and `time`; `pattern` alone where the schedule has another form."""
    match = _SIMPLE.fullmatch(" ".join(schedule.split()))
    days = _days(match[3]) if match else None
    if match is None or days is None:
        return {"pattern": schedule, "time": ""}
    return {
        "pattern": "",
        "time": f"{int(match[2]):02}:{int(match[1]):02}",
        **{f"day_{day}": "yes" for day in days},
    }


def schedule_in(texts: Mapping[str, str]) -> str:
    """The schedule that the form gives. Raises InputError where no day or no time is chosen."""
    chosen = [day for day in DAYS if texts.get(f"day_{day}")]
    if texts.get("pattern") and not chosen:
        return texts["pattern"][:100]
    if not chosen:
        raise InputError("no day is chosen", field="schedule", fix="check at least one day")
    time = _TIME.fullmatch(texts.get("time", "").strip()[:5])
    if time is None:
        raise InputError("that is not a time", field="time", fix="write one such as 07:30")
    every = "*" if len(chosen) == len(DAYS) else ",".join(chosen)
    return f"{int(time[2])} {int(time[1])} * * {every}"


def schedule_text(schedule: str) -> str:
    """The schedule in words: "Mondays and Thursdays at 07:00"."""
    fields = schedule_fields(schedule)
    if fields["pattern"]:
        return f"A pattern of its own ({schedule})"
    chosen = [name for day, name in DAYS.items() if f"day_{day}" in fields]
    if len(chosen) == len(DAYS):
        return f"Every day at {fields['time']}"
    named = [f"{name}s" for name in chosen]
    days = " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))
    return f"{days} at {fields['time']}"


def next_dates(
    schedule: str, zone: ZoneInfo, now: datetime, holidays: Sequence[date]
) -> list[datetime]:
    """The next dates on which an issue goes out, in the zone; fewer where there are no more."""
    found = due_times(schedule, zone, now, without=frozenset(holidays))
    return [moment.astimezone(zone) for moment in islice(found, NEXT)]


def _days(field: str) -> list[str] | None:
    """The days that the last field of a schedule names; None for what the form cannot show."""
    known = list(DAYS)
    if field == "*":
        return known
    days: list[str] = []
    for part in field.split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last and last not in DAYS):
            return None
        at, end = known.index(first), known.index(last or first)
        if end < at:
            return None
        days += known[at : end + 1]
    return [day for day in known if day in days]
