"""Language, direction and dates of a newsletter."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.factories.editions import make_masthead

LATE = datetime(2025, 3, 2, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "direction"),
    [("en", "ltr"), ("zh-Hant", "ltr"), ("ar", "rtl"), ("he", "rtl"), ("fa", "rtl"), ("ur", "rtl")],
)
def test_direction(language: str, direction: str) -> None:
    """The script of the language says which way it runs."""
    assert make_masthead(language=language).direction == direction


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "Monday, March 3, 2025"),
        ("en-GB", "Monday, 3 March 2025"),
        ("zh", "2025年3月3日星期一"),
    ],
)
def test_dates_are_local(language: str, expected: str) -> None:
    """A date is written in the newsletter's language and counted in its zone."""
    masthead = make_masthead(language=language, timezone="Australia/Sydney")
    assert masthead.long_date(LATE) == expected


def test_english_in_europe_puts_the_day_first() -> None:
    """A newsletter of London is not dated as in America, unless its language says so."""
    assert make_masthead(timezone="Europe/London").long_date(LATE) == "Sunday, 2 March 2025"
    american = make_masthead(language="en-US", timezone="Europe/London")
    assert american.long_date(LATE) == "Sunday, March 2, 2025"
