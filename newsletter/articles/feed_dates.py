"""Reads the dates of feeds: RFC 822, RFC 3339, and what publishers write in their place.

`read_feed_date` reads one date. What it does not say is taken from the `DateHabits` of its feed:
which zone its times are in, and whether it writes the day or the month first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo

from newsletter.articles.date_parts import DateParts, date_parts

EARLIEST, LATEST = 1971, 2200
"""Years outside are what programs write for "no date": 0001, 1900, 1970."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DateHabits:
    """How a feed writes its dates: its language, the zone of times without one, day or month first.

    `day_first` is None if its dates do not tell; then the language decides.
    """

    language: str = ""
    zone: tzinfo = UTC
    day_first: bool | None = None


def read_feed_date(text: str, habits: DateHabits = DateHabits()) -> datetime | None:
    """The moment that `text` states, in UTC; None if it is not a date, or says "no date"."""
    parts = date_parts(text, habits.language, habits.zone)
    return _moment(parts, habits) if parts else None


def habits_of(texts: Iterable[str], *, language: str, zone: tzinfo) -> DateHabits:
    """The habits of a feed with these dates; `zone` is the site's, for feeds that never name one."""
    habits = DateHabits(language=language, zone=zone)
    found = [parts for text in texts if (parts := date_parts(text, habits.language, habits.zone))]
    zones = Counter(parts.zone for parts in found if parts.zone)
    usual = zones.most_common(1)[0][0] if zones else zone
    numeric = [parts for parts in found if parts.numeric]
    day_first = None
    if any(parts.month > 12 for parts in numeric):
        day_first = False
    elif any(parts.day > 12 for parts in numeric):
        day_first = True
    return replace(habits, zone=usual, day_first=day_first)


def _moment(parts: DateParts, habits: DateHabits) -> datetime | None:
    year, month, day = parts.year, parts.month, parts.day
    if parts.numeric and not _day_is_first(parts, habits):
        month, day = day, month
    hour, minute, second, microsecond = parts.clock
    end_of_day = hour == 24 and minute == 0 and second == 0
    if not EARLIEST <= year <= LATEST:
        return None
    try:
        local = datetime(
            *(year, month, day, 0 if end_of_day else hour, minute, min(second, 59), microsecond),
            tzinfo=parts.zone or habits.zone,
        )
        if end_of_day:
            local += timedelta(days=1)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _day_is_first(parts: DateParts, habits: DateHabits) -> bool:
    """Whether 02/03/2026 is 2 March: by what is possible, the weekday, the feed, the language."""
    if parts.month > 12 or parts.day > 12:
        return parts.month <= 12
    if parts.weekdays:
        first = _is_on(parts.year, parts.month, parts.day, parts.weekdays)
        second = _is_on(parts.year, parts.day, parts.month, parts.weekdays)
        if first != second:
            return first
    if habits.day_first is not None:
        return habits.day_first
    language, region = habits.language.lower(), getattr(habits.zone, "key", "")
    if language.split("-")[0] not in ("en", ""):
        return True
    american = parts.half_day or region.startswith(("America/", "US/"))
    return language not in ("en", "en-us", "en-ph") and not (american and language == "")


def _is_on(year: int, month: int, day: int, weekdays: frozenset[int]) -> bool:
    try:
        return date(year, month, day).weekday() in weekdays
    except ValueError:
        return False
