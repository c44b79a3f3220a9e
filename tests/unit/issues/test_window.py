from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from newsletter.issues.issue import State, Window
from newsletter.issues.window import carried_over, closed_at, coming_window
from tests.factories.issues import make_issue

MONDAY = datetime(2026, 11, 23, 7, tzinfo=UTC)
WEEK = timedelta(days=7)


def test_a_window_starts_where_the_last_one_ended() -> None:
    """Nothing between two issues is lost, however late the first was."""
    watermark = MONDAY - timedelta(days=9)
    window = coming_window(watermark=watermark, due=MONDAY, period=WEEK, now=MONDAY)
    assert window == Window(start=watermark, end=MONDAY)


def test_the_first_window_starts_one_period_before_the_first_draft() -> None:
    """A newsletter first drafted on a Thursday looks back to the Thursday before."""
    thursday = MONDAY - timedelta(days=4)
    window = coming_window(watermark=None, due=MONDAY, period=WEEK, now=thursday)
    assert window == Window(start=thursday - WEEK, end=MONDAY)


def test_a_window_holds_its_start_and_not_its_end() -> None:
    """Half-open: an article on the boundary is in exactly one of two neighbours."""
    first = Window(start=MONDAY - WEEK, end=MONDAY)
    second = Window(start=MONDAY, end=MONDAY + WEEK)
    assert MONDAY not in first
    assert MONDAY in second


def test_an_issue_approved_early_leaves_the_rest_to_the_next() -> None:
    """Approval closes the window: what is published after it waits."""
    thursday = MONDAY - timedelta(days=4)
    assert closed_at(Window(start=MONDAY - WEEK, end=MONDAY), thursday).end == thursday


@given(st.lists(st.integers(1, 60 * 24 * 21), min_size=1, max_size=30))
def test_windows_tile_time(gaps: list[int]) -> None:
    """Issues approved at any distances take every moment exactly once."""
    watermark: datetime | None = None
    now, ends = MONDAY, []
    for gap in gaps:
        window = coming_window(watermark=watermark, due=now, period=WEEK, now=now)
        window = closed_at(window, now)
        if ends:
            assert window.start == ends[-1]
        ends.append(window.end)
        watermark = window.end
        now += timedelta(minutes=gap)
    assert ends == sorted(ends)


def test_a_skipped_issue_is_carried_into_the_one_that_takes_its_window() -> None:
    """Two thin weeks are named by the third; the issue before them is not."""
    sent = make_issue(number=1, state=State.SENT, window=Window(start=MONDAY - WEEK, end=MONDAY))
    thin = [
        make_issue(number=number, state=State.SKIPPED, window=Window(start=MONDAY, end=MONDAY + n))
        for number, n in ((2, WEEK), (3, 2 * WEEK))
    ]
    coming = make_issue(number=4, window=Window(start=MONDAY, end=MONDAY + 3 * WEEK))
    assert carried_over(coming, [sent, *thin, coming]) == thin
    later = make_issue(number=5, window=Window(start=MONDAY + 3 * WEEK, end=MONDAY + 4 * WEEK))
    assert carried_over(later, [sent, *thin, coming, later]) == []


def test_the_first_window_reaches_back_to_when_the_site_first_saw_the_newsletter() -> None:
    """A holiday or a pause before the first issue loses nothing."""
    seen = MONDAY - timedelta(days=20)
    window = coming_window(watermark=None, due=MONDAY, period=WEEK, now=MONDAY, first_seen=seen)
    assert window.start == seen
