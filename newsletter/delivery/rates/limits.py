"""A relay's limits, which all senders share: what one asks of them, and what it gets.

Every sender holds a few tokens for the next moment (token_reservation.py) and exchanges them for new ones in
one transaction of the database. So the sum keeps to the rate however many senders there are,
and a restart sends no burst.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Protocol, TypeVar

from newsletter.config.servers import WarmUpSettings
from newsletter.config.settings import RelaySettings
from newsletter.delivery.rates.throttle import LimitState, Throttle

T = TypeVar("T")

SPAN = 0.25
"""Seconds for which a sender reserves; it gets twice as much at most, should it be late."""

TODAY = "*"
"""Where a domain may stand: what a warm-up lets go in a day."""

SMALLEST_SHARE, SHARES_OF_TODAY = 10, 50
"""Of what is left of a day a sender takes a part at a time: one that dies must not waste much."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RelayLimits:
    """One relay's limits at a moment, and how many messages it was given on its current day."""

    relay: str
    at: datetime
    standings: tuple[LimitState, ...]
    day: date
    sent: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenRequest:
    """What a sender gives back, complains of and wants, by domain; `day` is the relay's.

    `complaints` has how many messages a second it had sent there.
    """

    unspent: Mapping[str, int]
    complaints: Mapping[str, float]
    wants: frozenset[str]
    day: date


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenGrant:
    """What it gets, by domain: tokens, seconds from message to message, and until the next.

    A domain that is not in `pace` has no limit.
    """

    tokens: Mapping[str, int]
    pace: Mapping[str, float]
    waits: Mapping[str, float]


Change = Callable[[RelayLimits | None, datetime], tuple[RelayLimits, T]]


class LimitBook(Protocol):
    """Keeps every relay's limits for all senders."""

    def change(self, relay: str, change: Change[T]) -> T:
        """In one transaction give what is kept and the time to `change`, and keep what it says."""

    def find(self, relay: str) -> RelayLimits | None:
        """What is kept of this relay."""


@dataclass(kw_only=True)
class OwnLimitBook:
    """The limits of a sender that shares them with nobody."""

    kept: dict[str, RelayLimits] = field(default_factory=dict)

    def change(self, relay: str, change: Change[T]) -> T:
        """Keep what `change` makes of it."""
        self.kept[relay], answer = change(self.kept.get(relay), datetime.now(UTC))
        return answer

    def find(self, relay: str) -> RelayLimits | None:
        """What is kept of this relay."""
        return self.kept.get(relay)


def trade(
    relay: RelaySettings, order: TokenRequest, before: RelayLimits | None, now: datetime
) -> tuple[RelayLimits, TokenGrant]:
    """Serve an order from where the limits stood; a clock that was set back gives nothing."""
    throttle = Throttle(relay.rate, relay.per_domain, 0.0)
    day, sent = order.day, 0
    if before is not None:
        throttle.restore(before.standings, 0.0, ago=max(0.0, (now - before.at).total_seconds()))
        if before.day >= order.day:
            day, sent = before.day, before.sent
    throttle.drop_what_has_grown_back(0.0)
    for domain, count in order.unspent.items():
        throttle.give_back(domain, count, 0.0)
    for domain, measured in order.complaints.items():
        throttle.slow_down(domain, 0.0, measured)
    limited = throttle.limited
    pace = {domain: 1 / throttle.per_second(domain, 0.0) for domain in limited}
    tokens = {
        domain: throttle.grant(domain, math.ceil(2 * SPAN / pace[domain]), 0.0)
        for domain in limited & order.wants
    }
    waits = {domain: throttle.wait(domain, 0.0) for domain in limited}
    if relay.warm_up is not None:
        sent -= order.unspent.get(TODAY, 0)
        left = max(0.0, allowance(relay.warm_up, order.day) - sent)
        share = int(min(left, max(SMALLEST_SHARE, min(left, 50_000) // SHARES_OF_TODAY)))
        tokens[TODAY] = share if TODAY in order.wants else 0
        sent += tokens[TODAY]
        pace[TODAY], waits[TODAY] = 0.0, 0.0 if left > tokens[TODAY] else math.inf
    after = RelayLimits(
        relay=relay.name, at=now, standings=tuple(throttle.standings(0.0)), day=day, sent=sent
    )
    return after, TokenGrant(tokens=tokens, pace=pace, waits=waits)


def allowance(warm_up: WarmUpSettings, day: date) -> float:
    """How many messages a relay may send on that day."""
    days = (day - warm_up.since).days
    if days < 0:
        return 0
    # So many doublings are no limit, and no number either.
    return warm_up.first_day * warm_up.growth**days if days < 60 else float("inf")
