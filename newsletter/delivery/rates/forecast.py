"""Foretells how long a send takes at the relays' configured limits. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.config.settings import RelaySettings
from newsletter.delivery.rates.limits import allowance

STEP = 60.0
"""Seconds that are calculated at once."""

LONGEST = timedelta(days=31)
"""A send that takes longer has no end that is worth knowing."""


@dataclass(kw_only=True, slots=True)
class RelayDays:
    """How many messages each relay was given on each day of its warm-up; forecasts add to it."""

    sent: dict[tuple[str, date], float] = field(default_factory=dict)


def forecast_end(
    readers: Mapping[str, int],
    relays: Sequence[RelaySettings],
    *,
    start: datetime,
    zone: ZoneInfo,
    unlimited: float,
    days: RelayDays,
) -> datetime | None:
    """When the last of the messages is handed over; None if that is not within LONGEST.

    `readers` are counted by domain. `unlimited` is the messages a second of all relays together
    that have no rate of their own. Counted are rates, rates of domains, hours and warm-ups, and spare relays
    (of weight 0) only if there are no others; not what servers refuse, defer or slow down.
    """
    left = {domain.casefold(): float(count) for domain, count in readers.items() if count}
    serving = [relay for relay in relays if relay.weight != 0] or list(relays)
    without = sum(relay.rate is None for relay in serving)
    rates = [relay.rate.per_second if relay.rate else unlimited / without for relay in serving]
    moment = start
    while left and moment < start + LONGEST:
        local = moment.astimezone(zone)
        used = 0.0
        for relay, rate in zip(serving, rates, strict=True):
            if relay.hours is None or local in relay.hours:
                used = max(used, _hand_over(relay, left, rate, local.date(), days))
        left = {domain: count for domain, count in left.items() if count > 1e-6}
        moment += timedelta(seconds=STEP * (used if not left else 1.0))
    return moment if not left else None


def _hand_over(
    relay: RelaySettings, left: dict[str, float], rate: float, day: date, days: RelayDays
) -> float:
    """Give the relay what it takes in one step; returns which part of the step that needs."""
    room = rate * STEP
    sent_today = days.sent.get((relay.name, day), 0.0)
    if relay.warm_up is not None:
        room = min(room, max(0.0, allowance(relay.warm_up, day) - sent_today))
    limits = {domain.casefold(): limit.per_second for domain, limit in relay.per_domain.items()}
    total = part = 0.0
    # Domains with a limit come first, because the others can use what room is left over.
    for domain in sorted(left, key=lambda name: (name not in limits, -left[name], name)):
        most = limits.get(domain, math.inf) * STEP
        taken = min(left[domain], most, room - total)
        left[domain] -= taken
        total += taken
        part = max(part, taken / most)
    if relay.warm_up is not None:
        days.sent[relay.name, day] = sent_today + total
    return max(part, total / (rate * STEP))
