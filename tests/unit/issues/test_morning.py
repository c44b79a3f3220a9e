"""The moment of an hour of a reader's own day, in every time zone and across every clock change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsletter.issues.morning import first_at, mornings
from subscribers.time_zones import known_zones

SEVEN = time(7)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
ZONES = sorted(known_zones())

FIRST, LAST = datetime(1995, 1, 1, tzinfo=UTC), datetime(2037, 1, 1, tzinfo=UTC)

moments = st.integers(0, int((LAST - FIRST).total_seconds())).map(lambda n: FIRST + n * SECOND)
hours = st.times().map(lambda hour: hour.replace(second=0, microsecond=0))


@given(zone=st.sampled_from(ZONES), hour=hours, start=moments)
@example(zone="Pacific/Apia", hour=SEVEN, start=datetime(2011, 12, 29, 17, 1, tzinfo=UTC))
@example(zone="Pacific/Kiritimati", hour=SEVEN, start=datetime(1994, 12, 30, 17, 1, tzinfo=UTC))
@example(zone="Europe/Berlin", hour=time(2, 30), start=datetime(2026, 3, 28, 3, tzinfo=UTC))
@example(zone="Africa/Cairo", hour=time(0, 30), start=datetime(2026, 4, 23, 21, 45, tzinfo=UTC))
@example(zone="America/Nuuk", hour=time(23, 30), start=datetime(2025, 3, 29, 23, 45, tzinfo=UTC))
def test_the_moment_is_the_first_at_which_clocks_show_the_hour(
    zone: str, hour: time, start: datetime
) -> None:
    """Within a day, and by how much clocks were put back meanwhile; the hour, or the end of a gap."""
    there = ZoneInfo(zone)
    moment = first_at(hour, there, start)
    local, began = moment.astimezone(there), start.astimezone(there)
    assert moment >= start
    assert moment - start < DAY + max(timedelta(0), _offset(began) - _offset(local))
    if local.time() != hour:
        before = (moment - SECOND).astimezone(there)
        assert before.replace(tzinfo=None) < datetime.combine(local.date(), hour)
        assert _offset(before) < _offset(local)


def _offset(moment: datetime) -> timedelta:
    offset = moment.utcoffset()
    assert offset is not None
    return offset


@given(zone=st.sampled_from(ZONES), hour=hours, start=moments)
def test_no_earlier_moment_shows_the_hour(zone: str, hour: time, start: datetime) -> None:
    """Asked again from any moment between, the answer is the same."""
    there = ZoneInfo(zone)
    moment = first_at(hour, there, start)
    assert first_at(hour, there, start + (moment - start) / 2) == moment
    assert first_at(hour, there, moment) == moment


@pytest.mark.parametrize(
    ("zone", "hour", "start", "moment"),
    [
        pytest.param("Europe/Berlin", "02:30", "2026-03-29T00:00", "2026-03-29T01:00", id="a gap"),
        pytest.param("Europe/Berlin", "02:30", "2026-10-25T00:00", "2026-10-25T00:30", id="twice"),
        pytest.param(
            "Europe/Berlin", "02:30", "2026-10-25T00:31", "2026-10-26T01:30", id="the first is past"
        ),
        pytest.param(
            "Pacific/Apia", "07:00", "2011-12-29T17:01", "2011-12-30T17:00", id="no such day"
        ),
        pytest.param(
            "Pacific/Kiritimati", "07:00", "2026-03-09T07:00", "2026-03-09T17:00", id="far east"
        ),
        pytest.param(
            "Pacific/Pago_Pago", "07:00", "2026-03-09T07:00", "2026-03-09T18:00", id="far west"
        ),
        pytest.param(
            "Asia/Kathmandu", "07:00", "2026-03-09T01:15", "2026-03-09T01:15", id="exactly then"
        ),
    ],
)
def test_hours_at_clock_changes_and_the_date_line(
    zone: str, hour: str, start: str, moment: str
) -> None:
    """What a reader's own clock shows decides, to the minute."""
    at = first_at(time.fromisoformat(hour), ZoneInfo(zone), _utc(start))
    assert at == _utc(moment)


def test_a_reader_without_a_known_zone_has_that_of_the_newsletter() -> None:
    """No zone, and a name that this machine does not know, are the newsletter's own."""
    home, start = ZoneInfo("Australia/Sydney"), _utc("2026-03-08T20:00")
    found = mornings(["", "Asia/Nowhere", "../etc/passwd", "Asia/Tokyo"], SEVEN, home, start)
    assert found[""] == found["Asia/Nowhere"] == found["../etc/passwd"] == start
    assert found["Asia/Tokyo"] == _utc("2026-03-08T22:00")


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
