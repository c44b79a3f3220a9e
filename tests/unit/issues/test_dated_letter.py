"""When a dated letter goes, waits, or is skipped."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.issues.dated_letter import (
    DAY,
    FIRST_DAY,
    LAST_DAY,
    WEEK,
    Decision,
    LetterState,
    ReaderDay,
    Verdict,
    comes_every_week,
    decide,
    usual_hour,
    week_of,
)

SYDNEY = ZoneInfo("Australia/Sydney")
ZONES = [
    ZoneInfo(name)
    for name in (
        "Australia/Sydney", "Pacific/Apia", "Pacific/Honolulu", "Asia/Beirut", "America/New_York",
        "Pacific/Kiritimati", "UTC", "Australia/Lord_Howe",
    )
]  # fmt: skip
moments = st.datetimes(
    min_value=datetime(2010, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2030, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
spans = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=80))
days_of_readers = st.builds(
    ReaderDay,
    confirmed_at=moments,
    days=st.integers(FIRST_DAY, LAST_DAY),
    hour=st.times(),
    zone=st.sampled_from(ZONES),
)


def reader(days: int = 3, hour: time = time(7)) -> ReaderDay:
    """One who confirmed on Tuesday, 2 June 2026, in the afternoon."""
    confirmed = datetime(2026, 6, 2, 15, tzinfo=SYDNEY)
    return ReaderDay(confirmed_at=confirmed, days=days, hour=hour, zone=SYDNEY)


def at(day: int, hour: int = 7) -> datetime:
    """That hour of a day in June 2026."""
    return datetime(2026, 6, day, hour, tzinfo=SYDNEY)


def verdict(
    now: datetime,
    *,
    sent: tuple[datetime, ...] = (),
    expected: tuple[datetime, ...] = (),
    is_reader: bool = True,
) -> Decision:
    """What is decided about the letter of the third day, Friday."""
    return decide(reader(), sent=sent, expected=expected, is_reader=is_reader, now=now)


def test_a_letter_is_due_at_the_usual_hour_of_its_day() -> None:
    """Days are calendar days of the reader's zone, whatever the hour of the confirmation."""
    assert reader().due == at(5)
    assert verdict(at(5) - timedelta(seconds=1)) == Decision(verdict=Verdict.WAIT, look_at=at(5))
    assert verdict(at(5)) == Decision(verdict=Verdict.SEND)


@pytest.mark.parametrize("came", [at(1, 0), at(3), at(5), at(7, 23)])
def test_an_issue_in_its_week_takes_the_place_of_a_letter(came: datetime) -> None:
    """From Monday to Sunday, before the letter's day or after it."""
    skipped = Decision(verdict=Verdict.SKIP, state=LetterState.ISSUE)
    assert verdict(max(came, at(5)), sent=(came,)) == skipped


@pytest.mark.parametrize("came", [at(1, 0) - timedelta(seconds=1), at(8, 0)])
def test_an_issue_of_another_week_does_not(came: datetime) -> None:
    """The Sunday before and the Monday after are other weeks."""
    assert verdict(at(5), sent=(came,)) == Decision(verdict=Verdict.SEND)


def test_while_an_issue_is_expected_the_letter_waits() -> None:
    """It goes on the next day of its week on which none is expected any more, never later."""
    waits = Decision(verdict=Verdict.WAIT, look_at=at(6))
    assert verdict(at(5), expected=(at(6),)) == waits
    assert verdict(at(6)) == Decision(verdict=Verdict.SEND)
    assert verdict(at(5), expected=(at(8),)) == Decision(verdict=Verdict.SEND)
    late = Decision(verdict=Verdict.SKIP, state=LetterState.LATE)
    assert verdict(at(8, 0), expected=(at(9),)) == late


def test_a_reader_who_is_none_any_more_is_skipped() -> None:
    """Who left, paused or is not of the newsletter's segment gets nothing, not even later."""
    absent = Decision(verdict=Verdict.SKIP, state=LetterState.ABSENT)
    assert verdict(at(5), is_reader=False) == absent


@given(
    days_of_readers, st.lists(spans, max_size=4), st.lists(spans, max_size=3), spans, st.booleans()
)
def test_no_letter_goes_early_late_or_beside_an_issue(
    day: ReaderDay,
    sent: list[timedelta],
    expected: list[timedelta],
    later: timedelta,
    is_reader: bool,
) -> None:
    """Whatever the zone, a letter goes only in its own week, on or after its day, and alone."""
    now = day.confirmed_at + later
    came = [day.confirmed_at + one for one in sent]
    comes = [day.confirmed_at + one for one in expected]
    decision = decide(day, sent=came, expected=comes, is_reader=is_reader, now=now)
    week = week_of(day.due, day.zone)
    match decision.verdict:
        case Verdict.SEND:
            assert is_reader
            assert day.due <= now < week.end
            assert not any(moment in week for moment in (*came, *comes))
        case Verdict.WAIT:
            assert decision.look_at is not None
            assert now < decision.look_at
        case Verdict.SKIP:
            assert decision.state is not None
            assert now >= day.due


@given(days_of_readers, st.lists(spans, max_size=4))
def test_every_letter_is_decided_within_its_week(day: ReaderDay, expected: list[timedelta]) -> None:
    """Looking again whenever it says so, one comes to an end in at most nine looks."""
    now, looks = day.confirmed_at, 0
    comes = [day.due + one for one in expected]
    while (found := decide(day, sent=(), expected=comes, is_reader=True, now=now)).look_at:
        now, looks = found.look_at, looks + 1
        assert looks <= 9
    assert found.verdict in (Verdict.SEND, Verdict.SKIP)
    assert now <= week_of(day.due, day.zone).end + DAY


@given(moments, st.sampled_from(ZONES))
def test_a_week_begins_on_monday_and_holds_its_moment(moment: datetime, zone: ZoneInfo) -> None:
    """Weeks meet, and are seven days but for a change of the clock or of the date line."""
    week = week_of(moment, zone)
    assert moment in week
    assert week_of(week.end, zone).start == week.end
    assert abs((week.end - week.start) - WEEK) <= DAY


def test_the_usual_hour_is_that_of_the_schedule_or_of_each_readers_day() -> None:
    """A newsletter that goes out by its readers' own day has that hour."""
    assert usual_hour("30 6 * * mon", None, SYDNEY, at(2)) == time(6, 30)
    assert usual_hour("30 6 * * mon", time(8), SYDNEY, at(2)) == time(8)
    assert usual_hour("30 6 * * mon", time(0), SYDNEY, at(2)) == time(0)


@pytest.mark.parametrize(
    ("schedule", "comes"),
    [("0 7 * * mon", True), ("0 7 * * *", True), ("0 7 1 * *", False), ("0 7 1,15 * *", False)],
)
def test_a_newsletter_that_comes_every_week_leaves_no_room(schedule: str, comes: bool) -> None:
    """Its editor is told that letters are hardly ever sent."""
    assert comes_every_week(schedule, SYDNEY, at(2)) is comes


def test_a_week_with_a_holiday_leaves_room() -> None:
    """A date without an issue is a week without one."""
    assert not comes_every_week("0 7 * * mon", SYDNEY, at(2), [at(15).date()])
