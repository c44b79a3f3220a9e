"""The window of an issue on a strip of days: where it starts and ends, and what lies in it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from newsletter.issues.issue import Window

WIDTH = 1000
"""Units of the drawing's width; the page scales it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """A day's column, and whether a label fits: `x` and `width` in units."""

    x: float
    width: float
    name: str
    date: str
    labelled: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Dot:
    """A published article: `row` stacks those that would cover each other."""

    x: float
    row: int
    inside: bool
    title: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Strip:
    """The drawing: days, the window's band, the present (None when it is off the strip)."""

    days: tuple[Day, ...]
    start: float
    end: float
    now: float | None
    dots: tuple[Dot, ...]
    rows: int


def draw_strip(
    window: Window, articles: Iterable[tuple[str, datetime]], *, now: datetime, zone: ZoneInfo
) -> Strip:
    """The days around the window in `zone`; `articles` are titles and moments of publication."""
    first = window.start.astimezone(zone).date()
    last = window.end.astimezone(zone).date()
    left = datetime.combine(first, time(), zone)
    right = datetime.combine(last + timedelta(days=1), time(), zone)
    # In seconds since the epoch: two moments of one zone subtract as wall clocks, whatever
    # summer time did between them.
    begins, whole = left.timestamp(), right.timestamp() - left.timestamp()

    def place(moment: datetime) -> float:
        return round(WIDTH * (moment.timestamp() - begins) / whole, 1)

    count = (last - first).days + 1
    every = max(1, count // 10)
    days = []
    for number in range(count):
        date = first + timedelta(days=number)
        x = place(datetime.combine(date, time(), zone))
        ends = place(datetime.combine(date + timedelta(days=1), time(), zone))
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
        (place(moment), moment in window, title)
        for title, moment in sorted(articles, key=lambda pair: pair[1])
        if left <= moment < right
    )
    return Strip(
        days=tuple(days),
        start=place(window.start),
        end=place(window.end),
        now=place(now) if left <= now < right else None,
        dots=dots,
        rows=max((dot.row for dot in dots), default=0) + 1,
    )


def _stacked(places: Iterable[tuple[float, bool, str]]) -> tuple[Dot, ...]:
    """Each dot in the lowest row where it has room."""
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
