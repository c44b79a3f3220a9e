"""Chooses how many deliveries a sender claims at once."""

from __future__ import annotations

import math
from collections.abc import Sequence

from newsletter.config.settings import RelaySettings

MOST = 500
"""Deliveries that one statement claims at most."""

EACH_CONNECTION = 4
"""Claims per connection at least: few enough to divide a short list evenly between senders."""

AHEAD_SECONDS = 0.5
"""Seconds that a claim should last, so that near a list's end senders have about equally many."""

LIMITED_AHEAD_SECONDS = 2
"""The same for relays with limited rates, whose pace is known. It is short because a reader who
unsubscribes is only noticed when the delivery is claimed."""


class ClaimSize:
    """Sizes claims by what the relays recently took in AHEAD_SECONDS; `now` is the loop's time."""

    def __init__(self, relays: Sequence[RelaySettings]) -> None:
        connections = sum(relay.connections for relay in relays)
        self._most = self._fewest = _limit(relays)
        if self._most == MOST:
            self._fewest = min(MOST, EACH_CONNECTION * connections)
        self._last = 0
        self._since = -math.inf

    def next(self, now: float) -> int:
        """The size of the next claim, which is made when half of the last one has been taken."""
        pace = self._last / max(now - self._since, 0.001)
        return min(self._most, max(self._fewest, int(pace * AHEAD_SECONDS)))

    def claimed(self, count: int, now: float) -> None:
        """Note that a claim returned `count` deliveries."""
        self._last, self._since = count, now


def _limit(relays: Sequence[RelaySettings]) -> int:
    if any(relay.rate is None for relay in relays):
        return MOST
    per_second = sum(relay.rate.per_second for relay in relays if relay.rate is not None)
    return max(1, min(MOST, int(per_second * LIMITED_AHEAD_SECONDS)))
