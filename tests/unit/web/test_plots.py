from __future__ import annotations

from datetime import UTC, datetime, timedelta

from newsletter.delivery.receipt import DeliveryState
from newsletter.store.clicks import LinkClicks
from newsletter.web.editor.plots import (
    MOST_BARS,
    acceptance_curve,
    domain_bars,
    link_bars,
    share_bar,
)

START = datetime(2025, 3, 3, 7, 0, tzinfo=UTC)


def test_the_largest_domain_fills_its_row_and_the_small_ones_share_one() -> None:
    """Bars are in proportion to the longest; nothing is left out of the sum."""
    domains = {f"d{n}.example": {DeliveryState.ACCEPTED: n + 1} for n in range(30)}
    bars = domain_bars(domains)
    assert len(bars) == MOST_BARS
    assert bars[-1].name == "21 others"
    assert sum(bar.total for bar in bars) == sum(range(31))
    assert max(piece.x + piece.width for bar in bars for piece in bar.pieces) == 100


def test_a_bar_is_cut_by_outcome() -> None:
    """Accepted first, then what waits, then what was refused."""
    bar = share_bar(
        {DeliveryState.ACCEPTED: 6, DeliveryState.DEFERRED: 3, DeliveryState.REJECTED: 1}
    )
    assert [(piece.group, piece.x, piece.width) for piece in bar.pieces] == [
        ("accepted", 0, 60),
        ("waiting", 60, 30),
        ("rejected", 90, 10),
    ]


def test_the_most_followed_link_fills_its_row() -> None:
    """The others in proportion, under the names they have; what nobody followed is not there."""
    links = [LinkClicks(url=f"https://a.example/{n}/", count=n) for n in (4, 1, 0)]
    bars = link_bars(links, {"https://a.example/4/": "The tide"})
    assert [(bar.name, bar.width) for bar in bars] == [("The tide", 100), ("a.example/1", 25)]
    assert link_bars(links[2:], {}) == ()


def test_the_curve_ends_at_the_last_acceptance() -> None:
    """100 messages over 10 seconds are 10 a second, whatever is drawn of them."""
    curve = acceptance_curve([(START + timedelta(seconds=n / 9.9), n + 1) for n in range(100)])
    assert curve is not None
    assert round(curve.rate) == 10
    assert curve.points.endswith("1000.0,0.0")
    assert [label for _y, label in curve.ticks] == ["0", "25", "50", "75", "100"]


def test_one_message_makes_no_curve() -> None:
    """Nor does none."""
    assert acceptance_curve([(START, 1), (START, 1)]) is None
    assert acceptance_curve([]) is None


def test_many_messages_keep_the_drawing_small() -> None:
    """A hundred thousand points are drawn as a few hundred."""
    curve = acceptance_curve([(START + timedelta(seconds=n), 9 * n) for n in range(100_000)])
    assert curve is not None
    assert len(curve.points.split()) < 250
