from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import InputError
from newsletter.issues.local_times import datetime_input_value, read_moment, read_time

SYDNEY, BERLIN = ZoneInfo("Australia/Sydney"), ZoneInfo("Europe/Berlin")


@given(
    st.integers(min_value=0, max_value=4 * 10**9).map(lambda at: datetime.fromtimestamp(at, UTC))
)
def test_what_is_offered_is_read_back(moment: datetime) -> None:
    """To the minute; in the hour that autumn repeats to the first of the two."""
    minute = moment.replace(second=0, microsecond=0)
    back = read_moment(datetime_input_value(moment, SYDNEY), SYDNEY)
    assert back is not None
    assert datetime_input_value(back, SYDNEY) == datetime_input_value(moment, SYDNEY)
    assert back <= minute


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-09T07:00", datetime(2026, 3, 8, 20, tzinfo=UTC)),
        ("2026-03-09T07:00+01:00", datetime(2026, 3, 9, 6, tzinfo=UTC)),
        ("", None),
    ],
)
def test_times_are_the_sites_unless_they_say_otherwise(text: str, moment: datetime | None) -> None:
    """Wall-clock time of Sydney; an offset is believed."""
    assert read_moment(text, SYDNEY) == moment


def test_gaps_and_repeats_are_the_schedules() -> None:
    """What spring skips moves forward by the gap, of what autumn repeats it is the first."""
    assert read_moment("2026-03-29T02:30", BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert read_moment("2026-10-25T02:30", BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["soon", "2026-02-30T10:00", "0001-01-01T00:00", "\u0660" * 16])
def test_what_is_no_time_is_said(text: str) -> None:
    """An error that names the field, never a trace."""
    with pytest.raises(InputError):
        read_moment(text, SYDNEY)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("11:30", datetime(2026, 3, 5, 0, 30, tzinfo=UTC)),  # later today
        ("11:00", datetime(2026, 3, 5, 0, 0, tzinfo=UTC)),  # this very minute
        ("9:30", datetime(2026, 3, 5, 22, 30, tzinfo=UTC)),  # tomorrow
        ("2026-03-09T07:00", datetime(2026, 3, 8, 20, tzinfo=UTC)),
    ],
)
def test_an_hour_is_the_next_time_the_clocks_show_it(text: str, moment: datetime) -> None:
    """In Sydney it is eleven, and 40 seconds."""
    assert read_time(text, SYDNEY, datetime(2026, 3, 5, 0, 0, 40, tzinfo=UTC)) == moment


@pytest.mark.parametrize("text", ["", "25:00", "7", "07:60", "soon"])
def test_what_is_no_hour_is_said(text: str) -> None:
    """With what to write instead."""
    with pytest.raises(InputError) as raised:
        read_time(text, SYDNEY, datetime(2026, 3, 5, tzinfo=UTC))
    assert "07:00" in str(raised.value)
