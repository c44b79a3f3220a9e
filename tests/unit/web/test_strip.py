from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.issues.issue import Window
from newsletter.web.editor.strip import WIDTH, draw_strip
from tests.factories.issues import DUE

SYDNEY = ZoneInfo("Australia/Sydney")
WEEK = Window(start=DUE - timedelta(days=7), end=DUE)


def test_the_strip_has_a_column_for_each_local_day() -> None:
    """Days are the newsletter's own: the columns fill the width without a gap."""
    strip = draw_strip(WEEK, [], now=DUE - timedelta(days=1), zone=SYDNEY)
    assert [day.name for day in strip.days] == [
        "Mon",
        "Tue",
        "Wed",
        "Thu",
        "Fri",
        "Sat",
        "Sun",
        "Mon",
    ]
    assert strip.days[0].x == 0
    assert abs(sum(day.width for day in strip.days) - WIDTH) < 1
    assert 0 < strip.start < (strip.now or 0) < strip.end < WIDTH


def test_a_day_of_23_hours_is_narrower() -> None:
    """The clock change is seen, not smoothed over."""
    berlin = ZoneInfo("Europe/Berlin")
    window = Window(
        start=datetime(2025, 3, 27, tzinfo=berlin), end=datetime(2025, 3, 31, 7, tzinfo=berlin)
    )
    widths = [day.width for day in draw_strip(window, [], now=DUE, zone=berlin).days]
    assert widths[3] < widths[2]


def test_articles_at_the_same_hour_are_stacked() -> None:
    """Each has a dot of its own, in the window or outside of it."""
    moments = [DUE - timedelta(hours=5)] * 3 + [DUE + timedelta(hours=1)]
    strip = draw_strip(WEEK, [(f"t{n}", at) for n, at in enumerate(moments)], now=DUE, zone=SYDNEY)
    assert [dot.row for dot in strip.dots[:3]] == [0, 1, 2]
    assert [dot.inside for dot in strip.dots] == [True, True, True, False]
