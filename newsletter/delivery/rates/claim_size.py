"""How many deliveries a sender claims at once."""

from __future__ import annotations

import math
from collections.abc import Sequence

from newsletter.config.settings import RelaySettings

MOST = 500
"""In one statement."""

EACH_CONNECTION = 4
"""Claims for each connection, at the least: few enough to share a short list out evenly."""

AHEAD_SECONDS = 0.5
"""For so long a claim shall last: near a list's end no sender has much more left than another."""

LIMITED_AHEAD_SECONDS = 2
"""The same of relays with limited rates, whose pace is known: whoever leaves meanwhile is noticed
at the claim."""


class ClaimSize:
    """What the relays took in AHEAD_SECONDS of late. Times are the event loop's seconds."""

    def __init__(self, relays: Sequence[RelaySettings]) -> None:
        connections = sum(relay.connections for relay in relays)
        self._most = self._fewest = _limit(relays)
        if self._most == MOST:
            self._fewest = min(MOST, EACH_CONNECTION * connections)
        self._last = 0
        self._since = -math.inf

    def next(self, now: float) -> int:
        """The size of a claim that is made because half of the last one has gone."""
        pace = self._last / max(now - self._since, 0.001)
        return min(self._most, max(self._fewest, int(pace * AHEAD_SECONDS)))

    def claimed(self, count: int, now: float) -> None:
        """A claim brought so many."""
        self._last, self._since = count, now


def _limit(relays: Sequence[RelaySettings]) -> int:
    if any(relay.rate is None for relay in relays):
        return MOST
    per_second = sum(relay.rate.per_second for relay in relays if relay.rate is not None)
    return max(1, min(MOST, int(per_second * LIMITED_AHEAD_SECONDS)))
