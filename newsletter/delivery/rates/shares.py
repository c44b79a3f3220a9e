"""Decides by weight which of several relays may take the next message."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

SLACK = 16
"""Messages that a relay may be ahead of its share, so that relays do not wait for each other."""

STUCK = 5.0
"""Seconds without a message after which the others no longer wait for a relay."""


class Shares:
    """Counts what each relay took; without any weights each relay takes what it can.

    A key identifies each relay; `now` is in a monotonic clock's seconds.
    """

    def __init__(self, weights: Mapping[Hashable, int | None], now: float) -> None:
        has_any = any(weight is not None for weight in weights.values())
        self._weights = {
            key: 1 if weight is None else weight for key, weight in weights.items() if has_any
        }
        self.has_weights = has_any
        self._progress = dict.fromkeys(weights, 0.0)
        self._moved_at = dict.fromkeys(weights, now)
        self._able = dict.fromkeys(weights, True)

    def may_take(self, key: Hashable, now: float) -> bool:
        """Whether the relay is not too far ahead of the others that are working."""
        if key not in self._weights:
            return True
        others = [
            other
            for other, weight in self._weights.items()
            if weight and other != key and self._is_at_work(other, now)
        ]
        if not others:
            return True
        if not self._weights[key]:
            return False
        slack = SLACK / sum(self._weights.values())
        return self._progress[key] <= min(self._progress[other] for other in others) + slack

    def took(self, key: Hashable, now: float) -> None:
        """Note that the relay takes a message."""
        weight = self._weights.get(key)
        if weight:
            self._progress[key] += 1 / weight
        self._moved_at[key] = now

    def set_able(self, key: Hashable, able: bool, now: float) -> None:
        """Note whether the relay can work; one that recovers does not catch up on its share."""
        if able and not self._able[key]:
            at_work = [self._progress[other] for other, works in self._able.items() if works]
            self._progress[key] = max(self._progress[key], min(at_work, default=0.0))
            self._moved_at[key] = now
        self._able[key] = able

    def _is_at_work(self, key: Hashable, now: float) -> bool:
        return self._able[key] and now - self._moved_at[key] < STUCK
