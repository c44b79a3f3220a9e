"""The numbers of a list's growth as an SVG of bars and a table. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from newsletter.web.people.words import WAYS_IN_A_WORD
from subscribers.growth import DayOfGrowth

MOST_BARS = 60
"""A longer time is shown by weeks."""

WIDTH, HEIGHT = 1000.0, 260.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """A day, or a week from its first day on: who joined and who left, by way."""

    first: date
    last: date
    joined: Counter[str]
    left: Counter[str]

    @property
    def label(self) -> str:
        """Such as "3 Mar" or "2–8 Mar"."""
        if self.first == self.last:
            return f"{self.first.day} {self.first:%b}"
        start = (
            f"{self.first.day}"
            if self.first.month == self.last.month
            else f"{self.first.day} {self.first:%b}"
        )
        return f"{start}–{self.last.day} {self.last:%b}"


@dataclass(frozen=True, kw_only=True, slots=True)
class GrowthBar:
    """A period's bars: up from `zero` for who joined, down for who left."""

    x: float
    width: float
    up: float
    down: float
    period: Period


@dataclass(frozen=True, kw_only=True, slots=True)
class GrowthPlot:
    """The drawing: bars, the height of zero, and ticks with their labels."""

    bars: tuple[GrowthBar, ...]
    zero: float
    ticks: tuple[tuple[float, str], ...]


def periods_of(days: Sequence[DayOfGrowth]) -> tuple[Period, ...]:
    """The days, or weeks of seven days that end with the last one where there are many."""
    size = 1 if len(days) <= MOST_BARS else 7
    ends = range(len(days), 0, -size)
    return tuple(reversed([_period(days[max(0, end - size) : end]) for end in ends]))


def _period(days: Sequence[DayOfGrowth]) -> Period:
    joined: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for day in days:
        joined["Confirmed"] += day.confirmed
        joined["Came back"] += day.returned
        for way, number in day.added.items():
            joined[WAYS_IN_A_WORD.get(way, way)] += number
        for way, number in day.left.items():
            left[WAYS_IN_A_WORD.get(way, way)] += number
    return Period(first=days[0].day, last=days[-1].day, joined=+joined, left=+left)


def draw_growth(periods: Sequence[Period]) -> GrowthPlot | None:
    """The bars of the periods on one scale; None if nobody joined or left."""
    most_joined = max((period.joined.total() for period in periods), default=0)
    most_left = max((period.left.total() for period in periods), default=0)
    if not most_joined + most_left:
        return None
    unit = HEIGHT / (most_joined + most_left)
    zero = round(most_joined * unit, 2)
    step = WIDTH / len(periods)
    bars = tuple(
        GrowthBar(
            x=round(number * step + step * 0.1, 2),
            width=round(step * 0.8, 2),
            up=round(period.joined.total() * unit, 2),
            down=round(period.left.total() * unit, 2),
            period=period,
        )
        for number, period in enumerate(periods)
    )
    ticks = [(zero, "0")]
    if most_joined:
        ticks.insert(0, (0.0, f"{most_joined:,}"))
    if most_left:
        ticks.append((HEIGHT, f"−{most_left:,}"))
    apart = [tick for tick in ticks if tick[1] == "0" or abs(tick[0] - zero) > 24]
    return GrowthPlot(bars=bars, zero=zero, ticks=tuple(apart))
