"""Dates are read as written, and nothing else is taken for one."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.dates import in_utc, read_date, read_date_line


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        ("2026-05-12", datetime(2026, 5, 12, tzinfo=UTC)),
        ("2026-05-12T09:30:00+10:00", datetime(2026, 5, 11, 23, 30, tzinfo=UTC)),
        ("Tue, 12 May 2026 09:30:00 +1000", datetime(2026, 5, 11, 23, 30, tzinfo=UTC)),
        ("12 May 2026 09:30", datetime(2026, 5, 12, 9, 30, tzinfo=UTC)),
        ("May 12, 2026 4:10 PM", datetime(2026, 5, 12, 16, 10, tzinfo=UTC)),
        ("Published: 12 May 2026 at 9:15 am", datetime(2026, 5, 12, 9, 15, tzinfo=UTC)),
        ("12. Mai 2026, 9.30 Uhr", datetime(2026, 5, 12, 9, 30, tzinfo=UTC)),
        ("Publié le 12 mai 2026 à 18h30", datetime(2026, 5, 12, 18, 30, tzinfo=UTC)),
        ("2026年5月12日", datetime(2026, 5, 12, tzinfo=UTC)),
        ("31/05/2026", datetime(2026, 5, 31, tzinfo=UTC)),
        ("03/04/2026", None),
        ("2026-13-01", None),
        ("May 2026", None),
        ("2026", None),
        ("Top 10 phones of 2026", None),
        ("In 2026, 12 bridges were closed.", None),
        ("Jane Doe 12", None),
        ("", None),
    ],
)
def test_a_line_that_is_a_date_is_read(line: str, moment: datetime | None) -> None:
    """Many languages, with and without a time; never a guess between day and month."""
    assert read_date_line(line) == moment


@pytest.mark.parametrize(
    "text", ["May 12, 2026 4:10 PM", "yesterday", "", "99999-01-01", "0001-01-01T00:00+14:00"]
)
def test_what_is_no_machine_date_is_not_guessed(text: str) -> None:
    """Dates for machines are ISO 8601 or RFC 5322, and within time."""
    assert read_date(text) is None


def test_a_day_is_its_first_moment_in_utc() -> None:
    """A date without a time, or a time without a zone, is UTC."""
    assert in_utc(date(2026, 5, 12)) == datetime(2026, 5, 12, tzinfo=UTC)
    assert in_utc(datetime(2026, 5, 12, 9)) == datetime(2026, 5, 12, 9, tzinfo=UTC)  # noqa: DTZ001 - the case tested


@given(st.text(max_size=40) | st.from_regex(r"\A[0-9 :.,/TZ+-]{1,30}\Z"))
def test_any_text_can_be_asked(text: str) -> None:
    """No text makes it fail, and what comes out is aware."""
    for moment in (read_date(text), read_date_line(text)):
        assert moment is None or moment.tzinfo is UTC
