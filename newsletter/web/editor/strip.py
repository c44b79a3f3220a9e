"""An issue's window on a strip of days, with the articles around it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from newsletter.issues.issue import Window

WIDTH = 1000
"""The drawing's width in its own units; the page scales it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """A day's column, with `x` and `width` in units, and whether it has a label."""

    x: float
    width: float
    name: str
    date: str
    labelled: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Dot:
    """A published article. `row` stacks articles that would overlap."""

    x: float
    row: int
    inside: bool
    title: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Strip:
    """The drawing: days, the window's start and end, and `now` (None when it is off the strip)."""

    days: tuple[Day, ...]
    start: float
    end: float
    now: float | None
    dots: tuple[Dot, ...]
    rows: int


def draw_strip(
    window: Window, articles: Iterable[tuple[str, datetime]], *, now: datetime, zone: ZoneInfo
) -> Strip:
    """Draw the days around the window in `zone`. `articles` are titles and publication times."""
    first = window.start.astimezone(zone).date()
    last = window.end.astimezone(zone).date()
    left = datetime.combine(first, time(), zone)
    right = datetime.combine(last + timedelta(days=1), time(), zone)
    # In seconds since the epoch: subtracting two times of one zone would give the difference of
    # wall clocks, which is wrong across a change of summer time.
    begins, duration = left.timestamp(), right.timestamp() - left.timestamp()

    def x_of(moment: datetime) -> float:
        return round(WIDTH * (moment.timestamp() - begins) / duration, 1)

    count = (last - first).days + 1
    every = max(1, count // 10)
    days = []
    for number in range(count):
        date = first + timedelta(days=number)
        x = x_of(datetime.combine(date, time(), zone))
        ends = x_of(datetime.combine(date + timedelta(days=1), time(), zone))
        days.append(
            Day(
                x=x,
                width=round(ends - x, 1),
                name=f"{date:%a}",
                date=f"{date.day} {date:%b}" if date.day == 1 or number == 0 else f"{date.day}",
                labelled=number % every == 0,
            )
        )
    dots = _stacked(
        (x_of(moment), moment in window, title)
        for title, moment in sorted(articles, key=lambda pair: pair[1])
        if left <= moment < right
    )
    return Strip(
        days=tuple(days),
        start=x_of(window.start),
        end=x_of(window.end),
        now=x_of(now) if left <= now < right else None,
        dots=dots,
        rows=max((dot.row for dot in dots), default=0) + 1,
    )


def _stacked(places: Iterable[tuple[float, bool, str]]) -> tuple[Dot, ...]:
    """Put each dot in the lowest row where it does not overlap another."""
    ends: list[float] = []
    dots = []
    for x, inside, title in places:
        row = next((row for row, end in enumerate(ends) if x - end >= 14), len(ends))
        row = min(row, 4)
        if row == len(ends):
            ends.append(x)
        ends[row] = x
        dots.append(Dot(x=x, row=row, inside=inside, title=title))
    return tuple(dots)
