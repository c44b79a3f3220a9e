"""A relay during a run: its connections, its limits, and its rests after failures."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from newsletter.config.settings import RelaySettings
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.throttle import Throttle
from newsletter.delivery.transport import Connection, Timeouts, connect, tls_context

PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds that a failing relay rests, one after another, before the run gives it up."""


class Lane:
    """One relay as the run's connections share it; times are the event loop's seconds."""

    def __init__(
        self,
        relay: RelaySettings,
        *,
        local_hostname: str,
        timeouts: Timeouts,
        pauses: Sequence[float],
    ) -> None:
        self.relay = relay
        self.trouble: Outcome | None = None
        self._tls = tls_context(relay)
        self._local_hostname = local_hostname
        self._timeouts = timeouts
        self._pauses = pauses
        self._failures = 0
        self._rests_until = 0.0
        self.throttle = Throttle(relay.rate, relay.per_domain, _now())

    @property
    def is_given_up(self) -> bool:
        """Whether it has failed once more than there are pauses."""
        return self._failures > len(self._pauses)

    async def connect(self) -> Connection | Outcome:
        """A new session, or why there is none."""
        return await connect(self.relay, self._tls, self._local_hostname, self._timeouts)

    def worked(self) -> None:
        """The relay has dealt with a message: whatever was, is over."""
        self._failures = 0

    def failed(self, outcome: Outcome) -> None:
        """Rest the relay. Its connections often fail together: that is one failure."""
        now = _now()
        if now < self._rests_until or self.is_given_up:
            return
        self.trouble = outcome
        self._failures += 1
        if not self.is_given_up:
            self._rests_until = now + self._pauses[self._failures - 1]

    async def rest(self, ending: asyncio.Event) -> None:
        """Wait until the relay may be tried again, or the run ends."""
        while (seconds := self._rests_until - _now()) > 0 and not ending.is_set():
            try:
                async with asyncio.timeout(seconds):
                    await ending.wait()
            except TimeoutError:
                continue


def _now() -> float:
    return asyncio.get_running_loop().time()
