"""How fast messages may go: a token bucket for a relay, and one for each domain it names."""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.config.sender import MessageRate


class TokenBucket:
    """Lets so many messages pass a second; `now` is a monotonic clock's seconds.

    Holds one second's worth, but one message at least.
    """

    def __init__(self, rate: MessageRate, now: float) -> None:
        self._per_second = rate.per_second
        self._capacity = max(1.0, rate.per_second)
        self._tokens = self._capacity
        self._filled_at = now

    def wait(self, now: float) -> float:
        """Seconds until one message may pass; 0 when it may now."""
        tokens = self._at(now)
        # A rounding error must not make a waiter wake a moment too soon, over and over.
        return 0.0 if tokens >= 1 - 1e-6 else (1 - tokens) / self._per_second

    def take(self, now: float) -> None:
        """One message passes."""
        self._tokens = self._at(now) - 1
        self._filled_at = now

    def _at(self, now: float) -> float:
        return min(self._capacity, self._tokens + (now - self._filled_at) * self._per_second)


class Throttle:
    """The limits of one relay."""

    def __init__(
        self, rate: MessageRate | None, per_domain: Mapping[str, MessageRate], now: float
    ) -> None:
        self._relay = TokenBucket(rate, now) if rate else None
        self._domains = {
            domain.casefold(): TokenBucket(limit, now) for domain, limit in per_domain.items()
        }

    @property
    def is_open(self) -> bool:
        """Whether there is no limit at all."""
        return self._relay is None and not self._domains

    def wait(self, domain: str, now: float) -> float:
        """Seconds until a message to `domain` may go."""
        return max((bucket.wait(now) for bucket in self._buckets(domain)), default=0.0)

    def take(self, domain: str, now: float) -> None:
        """A message to `domain` goes."""
        for bucket in self._buckets(domain):
            bucket.take(now)

    def _buckets(self, domain: str) -> list[TokenBucket]:
        found = (self._relay, self._domains.get(domain.casefold()))
        return [bucket for bucket in found if bucket is not None]
