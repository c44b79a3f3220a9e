"""Numbers for the SVG plots of a send: outcomes by domain, acceptances, clicks. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.delivery.receipt import DeliveryState
from newsletter.plural import counted
from newsletter.store.clicks import LinkClicks

GROUPS: dict[str, frozenset[DeliveryState]] = {
    "accepted": frozenset({DeliveryState.ACCEPTED}),
    "waiting": frozenset(
        {
            DeliveryState.PENDING,
            DeliveryState.CLAIMED,
            DeliveryState.TRANSMITTING,
            DeliveryState.DEFERRED,
        }
    ),
    "rejected": frozenset({DeliveryState.REJECTED}),
    "given up": frozenset({DeliveryState.SUPPRESSED, DeliveryState.EXPIRED}),
    "unknown": frozenset({DeliveryState.UNKNOWN}),
}
"""The groups of delivery states, each with its own colour."""

MOST_BARS = 10
MOST_LINKS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A part of a bar. `x` and `width` are in hundredths of the longest bar."""

    group: str
    x: float
    width: float
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One domain's deliveries."""

    name: str
    total: int
    accepted: int
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """Accepted messages over time: `points` of a polyline in a box of 1000 by 240.

    `ticks` are heights with their labels; `seconds` is the duration.
    """

    points: str
    ticks: tuple[tuple[float, str], ...]
    start: datetime
    end: datetime
    seconds: float
    total: int
    rate: float


def domain_bars(domains: Mapping[str, Mapping[DeliveryState, int]]) -> tuple[Bar, ...]:
    """One bar for each domain, the largest first; small domains share one bar at the end."""
    ranked = sorted(domains.items(), key=lambda pair: (-sum(pair[1].values()), pair[0]))
    shown = ranked[: MOST_BARS if len(ranked) <= MOST_BARS else MOST_BARS - 1]
    rest = ranked[len(shown) :]
    if rest:
        together: dict[DeliveryState, int] = {}
        for _name, counts in rest:
            for state, count in counts.items():
                together[state] = together.get(state, 0) + count
        shown.append((counted(len(rest), "other"), together))
    longest = max((sum(counts.values()) for _name, counts in shown), default=1)
    return tuple(_bar(name, counts, longest) for name, counts in shown)


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkBar:
    """One link's clicks. `width` is in hundredths of the most followed link's."""

    name: str
    url: str
    count: int
    width: float


def link_bars(links: Sequence[LinkClicks], names: Mapping[str, str]) -> tuple[LinkBar, ...]:
    """The most followed links, labelled with their `names` or their URLs; unfollowed ones are left out."""
    longest = max((link.count for link in links), default=0)
    return tuple(
        LinkBar(
            name=names.get(link.url, link.url.partition("://")[2].rstrip("/")),
            url=link.url,
            count=link.count,
            width=round(100 * link.count / longest, 3),
        )
        for link in links[:MOST_LINKS]
        if link.count
    )


def acceptance_curve(steps: Sequence[tuple[datetime, int]]) -> Curve | None:
    """The curve of `steps`, which are times with running totals; None for a total below two."""
    total = steps[-1][1] if steps else 0
    if total < 2:
        return None
    start, end = steps[0][0], steps[-1][0]
    seconds = max((end - start).total_seconds(), 0.001)
    top = _round_up(total)
    chosen = [*steps[: -1 : max(1, len(steps) // 200)], steps[-1]]
    points = " ".join(
        f"{1000 * (moment - start).total_seconds() / seconds:.1f},{240 - 240 * count / top:.1f}"
        for moment, count in chosen
    )
    ticks = tuple((240 - 240 * part / 4, f"{top * part // 4:,}") for part in range(5))
    return Curve(
        points=points,
        ticks=ticks,
        start=start,
        end=end,
        seconds=seconds,
        total=total,
        rate=total / seconds,
    )


def share_bar(counts: Mapping[DeliveryState, int]) -> Bar:
    """All deliveries as one bar."""
    return _bar("all", counts, max(1, sum(counts.values())))


def _bar(name: str, counts: Mapping[DeliveryState, int], longest: int) -> Bar:
    pieces = []
    x = 0.0
    for group, states in GROUPS.items():
        count = sum(counts.get(state, 0) for state in states)
        if count:
            width = 100 * count / longest
            pieces.append(Piece(group=group, x=round(x, 3), width=round(width, 3), count=count))
            x += width
    return Bar(
        name=name,
        total=sum(counts.values()),
        accepted=counts.get(DeliveryState.ACCEPTED, 0),
        pieces=tuple(pieces),
    )


def _round_up(number: int) -> int:
    """The smallest scale end of at least `number` whose quarters are round: 20, 40, 100, 200 …"""
    unit = 1
    while True:
        for step in (unit, 2 * unit, 5 * unit // 2 if unit > 1 else 3, 5 * unit):
            if 4 * step >= number:
                return 4 * step
        unit *= 10
