"""Years of the Buddhist and the Persian calendar and of Japanese eras, as dates of the Gregorian one."""

from __future__ import annotations

import re
from datetime import date, timedelta

_BUDDHIST = range(2500, 2600)
_PERSIAN = range(1380, 1431)
"""Later numbers are years since the Hijra, which are counted by the moon."""
_LEAP_IN_33 = frozenset([1, 5, 9, 13, 17, 22, 26, 30])
_NOWRUZ_1400 = date(2021, 3, 21)
_ERA = re.compile(r"(?:令和|R)\s?(元|\d{1,2})\s?[年./-]\s?(?=\d)")
_REIWA = 2018
"""The year before the first of the era."""
_PERSIAN_MONTHS = (
    *("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور"),
    *("مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"),
)
_PERSIAN_DATE = re.compile(rf"(\d{{1,2}})\s+({'|'.join(_PERSIAN_MONTHS)})\s+(\d{{4}})")


def gregorian(year: int, month: int, day: int) -> tuple[int, int, int]:
    """Year, month and day of the Gregorian calendar; those that are such already are returned."""
    if year in _BUDDHIST:
        return year - 543, month, day
    if year in _PERSIAN and 1 <= month <= 12 and 1 <= day <= 31:
        start = _nowruz(year) + timedelta(days=31 * (month - 1) - max(0, month - 7) + day - 1)
        return start.year, start.month, start.day
    return year, month, day


def with_plain_years(text: str) -> str:
    """The text with the years of Japanese eras counted from Christ, and Persian months as numbers."""
    text = _ERA.sub(lambda era: f"{_REIWA + int(era[1].replace('元', '1'))}年", text)
    return _PERSIAN_DATE.sub(
        lambda found: f"{found[3]}/{_PERSIAN_MONTHS.index(found[2]) + 1}/{found[1]}", text
    )


def _nowruz(year: int) -> date:
    """The first day of a Persian year, by the usual cycle of 33 years."""
    between = range(min(year, 1400), max(year, 1400))
    days = sum(366 if other % 33 in _LEAP_IN_33 else 365 for other in between)
    return _NOWRUZ_1400 + timedelta(days=days if year > 1400 else -days)
