"""Dates of feeds are read as they were meant, in every form, language and zone that feeds use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.feed_dates import DateHabits, habits_of, read_feed_date

MOMENT = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
"""Monday, 2 March 2026, 14:05, which every form below states in the zone that is added to it."""

FORMS = [
    "Mon, 02 Mar 2026 14:05:00 {}",
    "Mon, 2 Mar 2026 14:05 {}",
    "Mon,02 Mar 2026 14:05:00 {}",
    "02 Mar 2026 14:05:00 {}",
    "Mon, 02 March 2026 14:05:00 {}",
    "Mon 02 Mar 2026 14:05:00 {}",
    "Mon, 02-Mar-2026 14:05:00 {}",
    "Mon, 02 Mar 26 14:05:00 {}",
    "Mon Mar  2 14:05:00 2026 {}",
    "Mon Mar 02 14:05:00 {} 2026",
    "Mon, Mar 2 2026 02:05:00 PM {}",
    "Mon, Mar 2, 2026 2:05 pm {}",
    "March 2, 2026, 2:05 p.m. {}",
    "March 2nd, 2026 at 14:05 {}",
    "Monday, March 2, 2026 - 14:05 {}",
    "Monday, 2nd of March 2026 14:05:00 {}",
    "2026-03-02 14:05:00 {}",
    "2026-03-02 14:05 {}",
    "2026-03-02T14:05:00 {}",
    "2026-03-02T14:05:00.000 {}",
    "2026-3-2 14:05:00 {}",
    "2026/03/02 14:05:00 {}",
    "2026/03/02 14:05 {}",
    "2026.03.02 14:05 {}",
    "Mon, 2026/03/02 14:05:00 {}",
    "02.03.2026 14:05 {}",
    "2.3.2026 14.05 {}",
    "02.03.26, 14:05 {}",
    "02/03/2026 14:05 {}",
    "Mon, 03/02/2026 14:05 {}",
    "03/02/2026 2:05:00 PM {}",
    "2 March 2026 14:05:00.5 {}",
    "Mo, 02 Mär 2026 14:05:00 {}",
    "Montag, 2. März 2026, 14:05 Uhr {}",
    "lun., 02 mars 2026 14:05:00 {}",
    "lundi 2 mars 2026 à 14h05 {}",
    "lunes, 2 de marzo de 2026, 14:05 {}",
    "lun, 02 mar 2026 14:05:00 {}",
    "lunedì 2 marzo 2026 alle 14:05 {}",
    "seg, 2 de março de 2026 às 14:05 {}",
    "maandag 2 maart 2026 14:05 {}",
    "måndag 2 mars 2026 kl. 14:05 {}",
    "mandag den 2. marts 2026 kl. 14.05 {}",
    "maanantai 2. maaliskuuta 2026 klo 14.05 {}",
    "poniedziałek, 2 marca 2026 14:05 {}",
    "pondělí 2. března 2026 14:05 {}",
    "2026. március 2., hétfő 14:05 {}",
    "luni, 2 martie 2026 14:05 {}",
    "2 Mart 2026 Pazartesi 14:05 {}",
    "Δευ, 02 Μαρ 2026 14:05:00 {}",
    "понедельник, 2 марта 2026 г., 14:05 {}",
    "Пн, 02 Мар 2026 14:05:00 {}",
    "2 березня 2026 14:05 {}",
    "2026年3月2日 14:05 {}",
    "2026年3月2日(月) 14時05分 {}",
    "2026年3月2日 下午2:05 {}",
    "2026년 3월 2일 오후 2:05 {}",
    "Thứ Hai, 02 tháng 3 2026 14:05 {}",
    "2 Maret 2026 14:05 {}",
    "٢ مارس ٢٠٢٦ ١٤:٠٥ {}",
    "2 मार्च 2026 14:05 {}",
    "2 มีนาคม 2569 14:05 {}",
]
ZONES = {
    "GMT": 0,
    "UTC": 0,
    "Z": 0,
    "+0100": 60,
    "-08:00": -480,
    "GMT+5": 300,
    "EST": -300,
    "CEST": 120,
    "MSK": 180,
    "AEDT": 660,
    "JST": 540,
    "IST": 330,
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read_in_every_zone(form: str) -> None:
    """62 forms times 12 zones state the same local time."""
    for name, minutes in ZONES.items():
        read = read_feed_date(form.format(name))
        expected = MOMENT.replace(tzinfo=timezone(timedelta(minutes=minutes)))
        assert read is not None, f"{form} {name}"
        assert read.replace(microsecond=0) == expected, f"{form} {name}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20260302T140500Z", MOMENT),
        ("20260302140500", MOMENT),
        ("1772460300", MOMENT),
        ("1772460300000", MOMENT),
        ("2026-W10-1T14:05:00Z", MOMENT),
        ("2026-061T14:05:00Z", MOMENT),
        ("2026-03-02T14:05:00.123456789Z", MOMENT.replace(microsecond=123456)),
        ("2026-03-02T15:05:00+01:00[Europe/Berlin]", MOMENT),
        ("2026-03-02T09:05:00-05:00Z", MOMENT),
        ("Mon Mar 02 2026 15:05:00 GMT+0100 (Central European Standard Time)", MOMENT),
        ("Mon, 02 Mar 2026 15:05:00 Europe/Berlin", MOMENT),
        ("Mon, 2 Mar 2026 9:05 AM Eastern Time", MOMENT),
        ("02-MAR-26 02.05.00.000000 PM", MOMENT),
        ("2026-03-01T24:00:00Z", datetime(2026, 3, 2, tzinfo=UTC)),
        ("Mon, 02 Mar 2026 12:05:00 AM", datetime(2026, 3, 2, 0, 5, tzinfo=UTC)),
        ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
        ("2026-03", datetime(2026, 3, 1, tzinfo=UTC)),
        ("Mar. 2026", datetime(2026, 3, 1, tzinfo=UTC)),
        ("mar., 03 mar 2026", datetime(2026, 3, 3, tzinfo=UTC)),
        ("Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("0001-01-01T00:00:00Z", None),
        ("1900-01-01", None),
        ("30/02/2026", None),
        ("Mon, 32 Mar 2026 00:00:00 GMT", None),
        ("yesterday", None),
        ("3 hours ago", None),
        ("", None),
        ("9" * 200, None),
    ],
)
def test_other_dates(text: str, expected: datetime | None) -> None:
    """Numbers, weeks, the ends of days and hours are read; what says "no date" is none."""
    assert read_feed_date(text) == expected


@pytest.mark.parametrize(
    ("text", "language", "zone", "expected"),
    [
        ("2026-03-02 14:05", "", "Australia/Sydney", "2026-03-02T03:05"),
        ("2026-07-02 14:05", "", "Europe/Berlin", "2026-07-02T12:05"),
        ("2026-03-02 14:05 CST", "zh-CN", "UTC", "2026-03-02T06:05"),
        ("2026-03-02 14:05 CST", "", "America/Chicago", "2026-03-02T20:05"),
        ("2026-03-02 14:05 EST", "", "Australia/Sydney", "2026-03-02T04:05"),
        ("2026-03-02 14:05 IST", "he", "UTC", "2026-03-02T12:05"),
        ("2026-03-02 14:05 BST", "bn", "UTC", "2026-03-02T08:05"),
        ("03/02/2026", "en-US", "UTC", "2026-03-02T00:00"),
        ("02/03/2026", "en-GB", "UTC", "2026-03-02T00:00"),
        ("02/03/2026", "fr", "UTC", "2026-03-02T00:00"),
        ("2 listopad 2026", "pl", "UTC", "2026-11-02T00:00"),
        ("2 listopad 2026", "hr", "UTC", "2026-10-02T00:00"),
    ],
)
def test_what_a_date_leaves_open_is_its_language_s_and_site_s(
    text: str, language: str, zone: str, expected: str
) -> None:
    """A zone that is missing or ambiguous, and the order of day and month."""
    read = read_feed_date(text, DateHabits(language=language, zone=ZoneInfo(zone)))
    assert read is not None
    assert f"{read:%Y-%m-%dT%H:%M}" == expected


def test_a_feed_s_other_dates_tell_its_habits() -> None:
    """One date with the 13th month says where the month stands, one with a zone which zone is meant."""
    habits = habits_of(
        ["03/25/2026 10:00 +1100", "03/02/2026 10:00"], language="", zone=ZoneInfo("UTC")
    )
    assert read_feed_date("03/02/2026 10:00", habits) == datetime(2026, 3, 1, 23, tzinfo=UTC)


@given(st.text(max_size=120))
def test_any_text_is_read_or_is_no_date(text: str) -> None:
    """No text makes it fail, and what it reads is aware."""
    read = read_feed_date(text)
    assert read is None or read.tzinfo is not None


@given(
    st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2100, 1, 1)),  # noqa: DTZ001
    st.sampled_from(["%a, %d %b %Y %H:%M:%S +0000", "%Y-%m-%dT%H:%M:%SZ", "%d.%m.%Y %H:%M:%S"]),
)
def test_what_was_written_is_read(moment: datetime, form: str) -> None:
    """Any date in the common forms is itself again, to the second."""
    read = read_feed_date(moment.strftime(form))
    assert read == moment.replace(microsecond=0, tzinfo=UTC)
