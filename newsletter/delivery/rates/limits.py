"""A relay's limits, which all senders share: a sender's request for tokens, and its grant.

Every sender holds a few tokens for the next moment (token_reservation.py) and exchanges them for
new ones in one database transaction. So the total keeps to the rate however many senders there
are, and a restart does not send a burst.
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
"""Seconds for which a sender reserves tokens; it gets at most twice as many, in case it is late."""

TODAY = "*"
"""In place of a domain: the messages that a warm-up allows in a day."""

SMALLEST_SHARE, SHARES_OF_TODAY = 10, 50
"""A sender takes what is left of a day in parts, so that one that dies does not waste much."""

RENEW, HELD = 1.0, 10.0
"""Seconds after which a sender renews its reservation of the day, and for which it is valid."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RelayLimits:
    """The state of one relay's limits, and how many messages it was given on its current day.

    Of these, senders hold `reserved` and may still give them back; what is not renewed by
    `reserved_until` counts as sent.
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
    """What a sender gives back, was asked to reduce, and wants, by domain; `day` is the relay's.

    `complaints` are the messages a second that it had sent where a server asked for fewer.
    `reserved` is how many of the day's messages the last grant had: those not in `unspent` are
    spent.
    """

    unspent: Mapping[str, int]
    complaints: Mapping[str, float]
    wants: frozenset[str]
    day: date
    reserved: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenGrant:
    """The answer to a request, by domain: tokens, and seconds.

    `pace` is the seconds between two messages, `waits` until the next token. A domain that is
    not in `pace` has no limit.
    """

    tokens: Mapping[str, int]
    pace: Mapping[str, float]
    waits: Mapping[str, float]


Change = Callable[[RelayLimits | None, datetime], tuple[RelayLimits, T]]


class LimitBook(Protocol):
    """Stores every relay's limits for all senders."""

    def change(self, relay: str, change: Change[T]) -> T:
        """In one transaction, call `change` with the stored limits and the time; store its result."""

    def find(self, relay: str) -> RelayLimits | None:
        """The stored limits of this relay."""


@dataclass(kw_only=True)
class OwnLimitBook:
    """The limits of a single sender, kept in memory."""

    kept: dict[str, RelayLimits] = field(default_factory=dict)

    def change(self, relay: str, change: Change[T]) -> T:
        """Store what `change` makes of the limits."""
        self.kept[relay], answer = change(self.kept.get(relay), datetime.now(UTC))
        return answer

    def find(self, relay: str) -> RelayLimits | None:
        """The stored limits of this relay."""
        return self.kept.get(relay)


def refill(
    relay: RelaySettings, request: TokenRequest, before: RelayLimits | None, now: datetime
) -> tuple[RelayLimits, TokenGrant]:
    """Serve a request from the last state; a clock that was set back adds no tokens."""
    throttle = Throttle(relay.rate, relay.per_domain, 0.0)
    if before is not None:
        throttle.restore(before.standings, 0.0, ago=max(0.0, (now - before.at).total_seconds()))
    throttle.drop_ineffective(0.0)
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
    """How many messages were granted on a relay's day; see RelayLimits."""

    day: date
    sent: int
    reserved: int
    reserved_until: datetime | None

    @classmethod
    def of(cls, request: TokenRequest, before: RelayLimits | None, now: datetime) -> _Today:
        """The state before the request is served; a new day starts at zero."""
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

        While other senders hold tokens that they may give back, the day is not spent: a sender
        with nothing more to send may hold what another could use.
        """
        # The unspent ones may be yesterday's, so the difference may be negative.
        sent = max(0, self.sent - request.unspent.get(TODAY, 0))
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
    # After 60 days of growth there is no effective limit, and the power might overflow.
    return warm_up.first_day * warm_up.growth**days if days < 60 else float("inf")
