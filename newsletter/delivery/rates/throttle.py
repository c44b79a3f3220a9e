"""Limits the sending rate by the relay's rate, its domains' rates, and servers' complaints."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from newsletter.config.sender import MessageRate

QUIET = 30.0
"""Seconds for which the rate stays halved after a complaint."""

TOGETHER = 3.0
"""Seconds within which complaints count as one: connections are often refused together."""

GROWTH, GROWTH_SECONDS = 1.25, 10.0
"""After that the rate grows by this factor in each of these periods of seconds."""

SLOWEST = 1 / 60
"""Messages a second to a domain whose server complains each time."""

METERED = 10.0
"""Seconds over which the rate to a domain without a limit is measured."""

WHOLE_RELAY = ""
"""In place of a domain: the limit for all domains together."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitState:
    """The saved state of one limit; `domain` "" is the whole relay. See TokenBucket.saved."""

    domain: str
    tokens: float
    halved: float | None
    halved_ago: float
    ceiling: float


class TokenBucket:
    """A token bucket of messages a second; `now` is in a monotonic clock's seconds.

    It holds the tokens of one second, but at least one. A complaint halves the rate, which later
    grows back to the configured rate, or to twice the measured one where none is configured.
    """

    def __init__(self, rate: MessageRate | None, now: float, *, measured: float = 0.0) -> None:
        self._configured = rate.per_second if rate else None
        self.ceiling = self._configured or max(2 * measured, 2 * SLOWEST)
        self._halved: float | None = None
        self._halved_at = now
        self._tokens = max(1.0, self.ceiling)
        self._filled_at = now

    def per_second(self, now: float) -> float:
        """The current rate in messages a second."""
        if self._halved is None:
            return self.ceiling
        steps = max(0.0, now - self._halved_at - QUIET) / GROWTH_SECONDS
        return min(self.ceiling, self._halved * math.pow(GROWTH, min(steps, 200.0)))

    def wait(self, now: float) -> float:
        """Seconds until one message may pass; 0 when one may pass now."""
        tokens = self._at(now)
        # The tolerance keeps rounding errors from waking a waiter too early, over and over.
        return 0.0 if tokens >= 1 - 1e-6 else (1 - tokens) / self.per_second(now)

    def grant(self, wanted: int, now: float) -> int:
        """How many of `wanted` messages may pass now; they count as passed."""
        tokens = self._at(now)
        granted = max(0, min(wanted, int(tokens + 1e-6)))
        self._tokens, self._filled_at = tokens - granted, now
        return granted

    def give_back(self, count: int, now: float) -> None:
        """Return the tokens of `count` messages that did not pass after all."""
        self._tokens, self._filled_at = self._at(now) + count, now

    def slow_down(self, now: float) -> None:
        """Halve the rate, unless it was halved within the last TOGETHER seconds."""
        if self._halved is not None and now < self._halved_at + TOGETHER:
            return
        tokens = self._at(now)
        self._halved = max(SLOWEST, self.per_second(now) / 2)
        self._halved_at = now
        self._tokens, self._filled_at = min(tokens, 0.0), now

    def is_done(self, now: float) -> bool:
        """Whether the limit has no effect any more: it is not configured and has grown back."""
        return self._configured is None and self.per_second(now) >= self.ceiling

    def saved(self, now: float) -> tuple[float, float | None, float]:
        """The tokens, the halved rate if there is one, and the seconds since it was halved."""
        halved = self._halved if self.per_second(now) < self.ceiling else None
        return self._at(now), halved, now - self._halved_at

    def restore(self, standing: LimitState, now: float, ago: float) -> None:
        """Continue from the state that another run saved `ago` seconds ago."""
        self._halved, self._halved_at = standing.halved, now - standing.halved_ago - ago
        self._tokens, self._filled_at = standing.tokens, now - ago

    def _at(self, now: float) -> float:
        rate = self.per_second(now)
        return min(max(1.0, rate), self._tokens + max(0.0, now - self._filled_at) * rate)


class Throttle:
    """The limits of one relay."""

    def __init__(
        self, rate: MessageRate | None, per_domain: Mapping[str, MessageRate], now: float
    ) -> None:
        self._buckets = {
            domain.casefold(): TokenBucket(limit, now) for domain, limit in per_domain.items()
        }
        if rate:
            self._buckets[WHOLE_RELAY] = TokenBucket(rate, now)

    @property
    def limited(self) -> frozenset[str]:
        """The domains that have a limit now, WHOLE_RELAY for the relay itself."""
        return frozenset(self._buckets)

    def wait(self, domain: str, now: float) -> float:
        """Seconds until this limit lets a message pass."""
        return self._buckets[domain].wait(now)

    def per_second(self, domain: str, now: float) -> float:
        """The rate of this limit in messages a second."""
        return self._buckets[domain].per_second(now)

    def grant(self, domain: str, wanted: int, now: float) -> int:
        """How many of `wanted` messages this limit lets pass now."""
        return self._buckets[domain].grant(wanted, now)

    def give_back(self, domain: str, count: int, now: float) -> None:
        """Return the tokens of messages that were not sent; ignored if the limit is gone."""
        if domain in self._buckets:
            self._buckets[domain].give_back(count, now)

    def slow_down(self, domain: str, now: float, measured: float = 0.0) -> None:
        """Halve the rate as a server asks; `measured` is the rate so far where none was set."""
        if domain not in self._buckets:
            self._buckets[domain] = TokenBucket(None, now, measured=measured)
        self._buckets[domain].slow_down(now)

    def drop_ineffective(self, now: float) -> None:
        """Remove the limits that servers asked for and that have grown back."""
        for domain in [name for name, bucket in self._buckets.items() if bucket.is_done(now)]:
            del self._buckets[domain]

    def standings(self, now: float) -> list[LimitState]:
        """The current state of every limit."""
        return [
            LimitState(
                domain=domain,
                tokens=tokens,
                halved=halved,
                halved_ago=halved_ago,
                ceiling=bucket.ceiling,
            )
            for domain, bucket in self._buckets.items()
            for tokens, halved, halved_ago in [bucket.saved(now)]
        ]

    def restore(self, standings: Iterable[LimitState], now: float, *, ago: float) -> None:
        """Continue from a state saved `ago` seconds ago, without limits no longer configured."""
        for standing in standings:
            bucket = self._buckets.get(standing.domain)
            if bucket is None and standing.halved is not None:
                bucket = TokenBucket(None, now, measured=standing.ceiling / 2)
                self._buckets[standing.domain] = bucket
            if bucket is not None:
                bucket.restore(standing, now, ago)


class Meter:
    """Measures the recent rate, which a complaint halves where no rate is configured."""

    def __init__(self, now: float) -> None:
        self._seen: Counter[str] = Counter()
        self._seen_before: Counter[str] = Counter()
        self._since = now

    def passed(self, domain: str, now: float) -> None:
        """Count a processed message to `domain`."""
        if now - self._since >= METERED:
            self._seen_before, self._seen = self._seen, Counter()
            self._since = now
        self._seen[domain.casefold()] += 1
        self._seen[WHOLE_RELAY] += 1

    def per_second(self, domain: str, now: float) -> float:
        """Messages a second to `domain`, or in total (WHOLE_RELAY)."""
        seconds = max(1.0, now - self._since)
        return max(self._seen[domain] / seconds, self._seen_before[domain] / METERED)
