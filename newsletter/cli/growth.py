"""growth: who joined, confirmed, left and bounced each day, with a plot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import click

from newsletter.cli.invocation import Invocation, json_option, now_option, pass_invocation
from newsletter.pipeline.growth import growth_days
from newsletter.result_codes import OK
from subscribers.growth import DayOfGrowth, growth_document

WIDTH = 30
"""Characters of the longest bar."""


@click.command()
@click.argument("name", metavar="[LIST]", required=False)
@click.option(
    "--days",
    type=click.IntRange(1, 3660),
    default=30,
    show_default=True,
    help="How many days, the last of which is today.",
)
@json_option
@now_option
@pass_invocation
def growth(invocation: Invocation, name: str | None, days: int) -> int:
    """Show who joined, confirmed, left and bounced each day, and by which way.

    The days are those of the site's time zone. Without LIST, all lists together.

    \b
    Example: newsletter growth weekly --days 90
    """
    found = growth_days(
        invocation.site, list_slug=name, days=timedelta(days=days), now=invocation.now
    )
    invocation.answer(
        {"list": name, "days": [growth_document(day) for day in found]}, *growth_lines(found)
    )
    return OK


def growth_lines(days: Sequence[DayOfGrowth]) -> list[str]:
    """A plot with a line for each day, and the sums by way below."""
    longest = max((max(day.joined, day.gone) for day in days), default=0)
    lines = [
        f"{day.day}  {_bar(day.gone, longest, '-'):>{WIDTH}}|{_bar(day.joined, longest, '+'):<{WIDTH}}"
        f"  +{day.joined} -{day.gone}".rstrip()
        for day in days
    ]
    joined, left = sum(day.joined for day in days), sum(day.gone for day in days)
    returned = sum(day.returned for day in days)
    lines += [
        "",
        f"joined {joined}: {sum(day.confirmed for day in days)} confirmed of "
        f"{sum(day.asked for day in days)} who asked"
        + _ways(_sum(day.added for day in days))
        + (f", {returned} returned" if returned else ""),
        f"left {left}{_ways(_sum(day.left for day in days))}",
        f"bounces{_ways(_sum(day.bounces for day in days)) or ', none'}",
    ]
    return lines


def _bar(number: int, longest: int, sign: str) -> str:
    """A bar that shows even a small number."""
    return sign * -(-number * WIDTH // longest) if longest else ""


def _sum(parts: Any) -> Counter[str]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return total


def _ways(counts: Mapping[str, int]) -> str:
    return "".join(f", {count} by {way}" for way, count in sorted(counts.items()))
