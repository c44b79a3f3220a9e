"""A relay's limits, which all senders share: what a sender requests of them, and its grant.

Every sender holds a few tokens for the next moment (token_reservation.py) and exchanges them for new ones in
one transaction of the database. So the sum keeps to the rate however many senders there are,
and a restart sends no burst.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
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

RENEW, HELD = 1.0, 10.0
"""Seconds after which a sender says again what it holds of the day, and for which it is believed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RelayLimits:
    """One relay's limits at a moment, and how many messages it was given on its current day.

    Of these `reserved` are in senders' hands, who may still give them back; those of senders that
    say nothing until `reserved_until` are counted as sent.
    """

    relay: str
    at: datetime
    standings: tuple[LimitState, ...]
    day: date
    sent: int
    reserved: int = 0
    reserved_until: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenRequest:
    """What a sender gives back, complains of and wants, by domain; `day` is the relay's.

    `complaints` has how many messages a second it had sent there. `reserved` is how many of the
    day's messages it was granted the last time: they are spent, but for those unspent.
    """

    unspent: Mapping[str, int]
    complaints: Mapping[str, float]
    wants: frozenset[str]
    day: date
    reserved: int = 0


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


def refill(
    relay: RelaySettings, request: TokenRequest, before: RelayLimits | None, now: datetime
) -> tuple[RelayLimits, TokenGrant]:
    """Serve a request from where the limits stood; a clock that was set back gives nothing."""
    throttle = Throttle(relay.rate, relay.per_domain, 0.0)
    if before is not None:
        throttle.restore(before.standings, 0.0, ago=max(0.0, (now - before.at).total_seconds()))
    throttle.drop_what_has_grown_back(0.0)
    for domain, count in request.unspent.items():
        throttle.give_back(domain, count, 0.0)
    for domain, measured in request.complaints.items():
        throttle.slow_down(domain, 0.0, measured)
    limited = throttle.limited
    pace = {domain: 1 / throttle.per_second(domain, 0.0) for domain in limited}
    tokens = {
        domain: throttle.grant(domain, math.ceil(2 * SPAN / pace[domain]), 0.0)
        for domain in limited & request.wants
    }
    waits = {domain: throttle.wait(domain, 0.0) for domain in limited}
    today = _Today.of(request, before, now)
    if relay.warm_up is not None:
        today, tokens[TODAY], waits[TODAY] = today.granted(relay.warm_up, request, now)
        pace[TODAY] = 0.0
    after = RelayLimits(
        relay=relay.name,
        at=now,
        standings=tuple(throttle.standings(0.0)),
        day=today.day,
        sent=today.sent,
        reserved=today.reserved,
        reserved_until=today.reserved_until,
    )
    return after, TokenGrant(tokens=tokens, pace=pace, waits=waits)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Today:
    """How many messages were given out on a relay's day; see RelayLimits."""

    day: date
    sent: int
    reserved: int
    reserved_until: datetime | None

    @classmethod
    def of(cls, request: TokenRequest, before: RelayLimits | None, now: datetime) -> _Today:
        """As it stands before the request is served; a new day begins with nothing."""
        if before is None or before.day < request.day:
            return cls(day=request.day, sent=0, reserved=0, reserved_until=None)
        is_held = before.reserved_until is not None and now < before.reserved_until
        return cls(
            day=before.day,
            sent=before.sent,
            reserved=before.reserved if is_held else 0,
            reserved_until=before.reserved_until if is_held else None,
        )

    def granted(
        self, warm_up: WarmUpSettings, request: TokenRequest, now: datetime
    ) -> tuple[_Today, int, float]:
        """The day after the request, how many messages it grants, and seconds until more.

        While others hold some that they may give back the day is not over: a sender that has no
        more to send may hold what another could use.
        """
        sent = max(0, self.sent - request.unspent.get(TODAY, 0))  # they may be yesterday's
        others = max(0, self.reserved - request.reserved)
        left = max(0.0, allowance(warm_up, request.day) - sent)
        share = int(min(left, max(SMALLEST_SHARE, min(left, 50_000) // SHARES_OF_TODAY)))
        tokens = share if TODAY in request.wants else 0
        after = _Today(
            day=self.day,
            sent=sent + tokens,
            reserved=others + tokens,
            reserved_until=now + timedelta(seconds=HELD) if tokens else self.reserved_until,
        )
        if left > tokens:
            return after, tokens, 0.0
        return after, tokens, SPAN if others else math.inf


def allowance(warm_up: WarmUpSettings, day: date) -> float:
    """How many messages a relay may send on that day."""
    days = (day - warm_up.since).days
    if days < 0:
        return 0
    # So many doublings are no limit, and no number either.
    return warm_up.first_day * warm_up.growth**days if days < 60 else float("inf")
