"""A date that cannot be true is not believed; an old one is."""

from __future__ import annotations

from datetime import UTC, datetime

from newsletter.articles.dated_entries import doubts
from newsletter.articles.entries import Entry

NOW = datetime(2026, 3, 8, 12, tzinfo=UTC)


def days(entries: tuple[Entry, ...]) -> list[str]:
    """The dates of the entries."""
    return [f"{entry.published:%Y-%m-%d}" if entry.published else "" for entry in entries]


def feed(*dates: str) -> list[Entry]:
    """Entries of these dates; "" is none."""
    return [
        Entry(
            title=date, published=datetime.fromisoformat(date).replace(tzinfo=UTC) if date else None
        )
        for date in dates
    ]


def test_a_date_in_the_far_future_is_a_slip() -> None:
    """Its entry has the date of the entry that was published before it."""
    entries = doubts(feed("2062-03-07", "2026-03-06", "2026-03-05"), NOW)
    assert days(entries) == ["2026-03-06", "2026-03-06", "2026-03-05"]
    entries = doubts(feed("2026-03-05", "2026-03-06", "2062-03-07"), NOW)
    assert days(entries) == ["2026-03-05", "2026-03-06", "2026-03-06"]
    assert entries[2].found[0].refused[0].detail == "2062-03-07"


def test_a_slip_without_neighbours_is_no_date() -> None:
    """Nothing tells when it was published."""
    assert days(doubts(feed("2062-03-07"), NOW)) == [""]


def test_a_calendar_may_announce() -> None:
    """Where many dates are to come, they are those of events; a day's difference is a zone."""
    dates = ("2026-05-01", "2026-04-10", "2026-03-20")
    assert days(doubts(feed(*dates), NOW)) == list(dates)
    assert days(doubts(feed("2026-03-09", "2026-03-02", "2026-03-01"), NOW))[0] == "2026-03-09"


def test_nothing_is_published_after_its_feed_was_changed() -> None:
    """Last-Modified is the latest moment that an entry may have."""
    changed = datetime(2026, 3, 3, tzinfo=UTC)
    entries = doubts(feed("2026-03-07", "2026-03-02", "2026-03-01", ""), NOW, changed)
    assert days(entries) == ["2026-03-02", "2026-03-02", "2026-03-01", ""]


def test_old_entries_at_the_top_stay_old() -> None:
    """Feeds keep what they recommend at the top."""
    dates = ("2019-01-01", "2026-03-07", "2026-03-06")
    assert days(doubts(feed(*dates), NOW)) == list(dates)
