"""Dates of other calendars are days of ours."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.articles.calendars import gregorian
from newsletter.articles.feed_dates import read_feed_date


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("02/03/2569 10:00", (2026, 3, 2)),
        ("2 มีนาคม 2569 10:00", (2026, 3, 2)),
        ("1404/12/11 10:00", (2026, 3, 2)),
        ("۱۴۰۴/۱۲/۱۱ 10:00", (2026, 3, 2)),
        ("۱۱ اسفند ۱۴۰۴ 10:00", (2026, 3, 2)),
        ("令和8年3月2日 10:00", (2026, 3, 2)),
        ("令和元年5月1日 10:00", (2019, 5, 1)),
    ],
)
def test_a_date_of_another_calendar(text: str, day: tuple[int, int, int]) -> None:
    """The Buddhist era, the Persian calendar and Japanese eras are understood."""
    assert read_feed_date(text) == datetime(*day, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("persian", "day"),
    [
        ((1399, 12, 30), (2021, 3, 20)),  # a leap year
        ((1400, 1, 1), (2021, 3, 21)),
        ((1403, 12, 30), (2025, 3, 20)),  # a leap year
        ((1404, 1, 1), (2025, 3, 21)),
        ((1404, 7, 1), (2025, 9, 23)),
        ((1384, 1, 1), (2005, 3, 21)),
    ],
)
def test_days_of_persian_years(persian: tuple[int, int, int], day: tuple[int, int, int]) -> None:
    """Months have 31 days up to the sixth, and a leap year ends a day later."""
    assert gregorian(*persian) == day


def test_other_years_stay() -> None:
    """A year of our calendar, or of the lunar one, is left as it is."""
    assert gregorian(2026, 3, 2) == (2026, 3, 2)
    assert gregorian(1447, 9, 13) == (1447, 9, 13)
