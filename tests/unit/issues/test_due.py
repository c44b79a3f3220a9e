from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.issues.due import (
    due_times,
    issue_date,
    newest_due,
    next_due,
    past_occasions,
    period_before,
)

LONDON = ZoneInfo("Europe/London")
ZONES = [
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Asia/Beirut",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "UTC",
]


def test_a_time_in_the_repeated_autumn_hour_is_due_once() -> None:
    """01:30 comes twice in London on 25 October 2026; the schedule means the first."""
    after = datetime(2026, 10, 24, 12, tzinfo=UTC)
    days = list(islice(due_times("30 1 * * *", LONDON, after), 2))
    assert days == [
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 26, 1, 30, tzinfo=UTC),
    ]


def test_a_time_in_the_spring_gap_moves_forward() -> None:
    """01:30 does not exist in London on 29 March 2026: the issue is due at 02:30 summer time."""
    due = next_due("30 1 29 3 *", LONDON, datetime(2026, 3, 28, tzinfo=UTC))
    assert due.astimezone(LONDON).isoformat() == "2026-03-29T02:30:00+01:00"


def test_a_midnight_that_the_clock_skips_still_counts() -> None:
    """Beirut's clocks jump from 00:00 to 01:00: a midnight schedule keeps that day."""
    beirut = ZoneInfo("Asia/Beirut")
    after = datetime(2026, 3, 27, 12, tzinfo=UTC)
    days = [issue_date(due, beirut) for due in islice(due_times("0 0 * * *", beirut, after), 3)]
    assert days == [date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30)]


@pytest.mark.parametrize("zone", ZONES)
def test_a_weekly_schedule_is_due_once_a_week_for_ten_years(zone: str) -> None:
    """Whatever the clocks do, there is one issue on every Monday, in order."""
    place = ZoneInfo(zone)
    start = datetime(2020, 1, 1, tzinfo=UTC)
    dues = list(islice(due_times("30 2 * * mon", place, start), 520))
    dates = [issue_date(due, place) for due in dues]
    assert dates == [date(2020, 1, 6) + timedelta(weeks=week) for week in range(520)]
    assert dues == sorted(set(dues))


def test_after_downtime_only_the_newest_is_due() -> None:
    """Three Mondays were missed: the last of them is served."""
    newest = newest_due(
        "0 7 * * mon",
        LONDON,
        after=datetime(2026, 10, 26, 7, tzinfo=UTC),
        now=datetime(2026, 11, 17, 9, tzinfo=UTC),
    )
    assert newest == datetime(2026, 11, 16, 7, tzinfo=UTC)


def test_what_was_served_is_not_due_again() -> None:
    """Between two due times nothing is due."""
    served = datetime(2026, 11, 16, 7, tzinfo=UTC)
    now = served + timedelta(days=3)
    assert newest_due("0 7 * * mon", LONDON, after=served, now=now) is None


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2015, 1, 1), datetime(2040, 1, 1)),  # noqa: DTZ001 - made aware below
    st.integers(0, 23),
    st.integers(0, 59),
    st.sampled_from(["mon", "wed", "sun", "*"]),
)
def test_newest_and_next_meet_around_any_moment(
    zone: str, moment: datetime, hour: int, minute: int, day: str
) -> None:
    """No due time lies between the newest up to now and the next after now."""
    now, place, schedule = moment.replace(tzinfo=UTC), ZoneInfo(zone), f"{minute} {hour} * * {day}"
    newest = newest_due(schedule, place, after=now - timedelta(days=30), now=now)
    following = next_due(schedule, place, now)
    assert newest is not None
    assert newest <= now < following
    assert next_due(schedule, place, newest) == following


def test_the_period_is_the_distance_to_the_due_time_before() -> None:
    """A weekly period across the end of summer time has an hour more."""
    due = datetime(2026, 10, 26, 7, tzinfo=UTC)
    assert period_before("0 7 * * mon", LONDON, due) == timedelta(days=7, hours=1)


def test_a_schedule_that_never_comes_is_an_error() -> None:
    """30 February is not a date."""
    with pytest.raises(ValueError, match="never comes due"):
        next_due("0 7 30 2 *", LONDON, datetime(2026, 1, 1, tzinfo=UTC))


def test_a_date_comes_due_once_however_often_the_schedule_names_it() -> None:
    """The key of an issue is its local date: of several times on one date the first counts."""
    after = datetime(2026, 11, 23, 9, tzinfo=UTC)
    dues = list(islice(due_times("0 7,19 * * *", LONDON, after), 2))
    assert dues == [datetime(2026, 11, day, 7, tzinfo=UTC) for day in (24, 25)]


def test_dates_left_out_are_passed_by() -> None:
    """A holiday, or a date that an issue has served, is not due; the one before it still is."""
    without = {date(2026, 11, 16)}
    now = datetime(2026, 11, 17, 9, tzinfo=UTC)
    newest = newest_due(
        "0 7 * * mon", LONDON, after=now - timedelta(days=30), now=now, without=without
    )
    assert newest == datetime(2026, 11, 9, 7, tzinfo=UTC)
    following = next_due("0 7 * * mon", LONDON, now, without={date(2026, 11, 23)})
    assert following == datetime(2026, 11, 30, 7, tzinfo=UTC)


def test_what_lies_ahead_of_now_is_not_believed_but_its_date_is_taken() -> None:
    """A clock that ran ahead must not silence the newsletter, nor repeat what it sent."""
    now = datetime(2026, 11, 17, 9, tzinfo=UTC)
    served = [
        (datetime(2026, 11, 9, 7, tzinfo=UTC), date(2026, 11, 9)),
        (datetime(2026, 12, 7, 7, tzinfo=UTC), date(2026, 12, 7)),
    ]
    over = past_occasions(now, checked=[None, datetime(2026, 12, 9, tzinfo=UTC)], served=served)
    assert over.after == served[0][0]
    assert over.dates == {date(2026, 11, 9), date(2026, 12, 7)}


def test_a_newsletter_without_history_has_nothing_due() -> None:
    """Its history begins now."""
    now = datetime(2026, 11, 17, 9, tzinfo=UTC)
    assert past_occasions(now, checked=[None], served=[]).after == now
