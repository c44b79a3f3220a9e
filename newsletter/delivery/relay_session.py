"""A relay during a run: its connections, its limits, and its rests after failures."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime

from newsletter.config.settings import RelaySettings
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.rates import TODAY, WHOLE_RELAY, Meter, Shares, TokenReservation
from newsletter.delivery.transport import Connection, Timeouts, connect, tls_context

log = logging.getLogger("newsletter.delivery")

PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds that a failing relay rests, one after another; then LONGEST_REST each time."""

LONGEST_REST = 60.0

FIRST_TRIES = 3
"""A relay that was never reached in this run is down after so many tries."""

TURN = 0.05
"""Seconds until a relay that is ahead of its share looks again."""


class RelaySession:
    """One relay as the run's connections share it; times are the event loop's seconds."""

    def __init__(
        self,
        relay: RelaySettings,
        *,
        local_hostname: str,
        timeouts: Timeouts,
        pauses: Sequence[float],
        shares: Shares,
    ) -> None:
        self.relay = relay
        self.trouble: Outcome | None = None
        self.reservation = TokenReservation(_limited(relay))
        self._meter = Meter(_now())
        self._tls = tls_context(relay)
        self._local_hostname = local_hostname
        self._timeouts = timeouts
        self._pauses = pauses
        self._shares = shares
        self._failures = 0
        self._rests_until = 0.0
        self._has_worked = False
        self._is_given_up = False
        self.messages_per_connection = relay.messages_per_connection
        """As configured, or as the relay let us know; None: no limit is known."""

    def has_had_enough(self, carried: int) -> None:
        """A connection took no more after so many messages: the next is closed before that."""
        self.messages_per_connection = min(carried, self.messages_per_connection or carried)
        log.info(
            "relay %s takes %d messages on a connection",
            self.relay.name, self.messages_per_connection,
        )  # fmt: skip

    @property
    def is_down(self) -> bool:
        """Whether no more is to be hoped of it soon: others may go on, and it is tried again."""
        tries = (
            len(self._pauses) + 1 if self._has_worked else min(FIRST_TRIES, len(self._pauses) + 1)
        )
        return self._is_given_up or self._failures >= tries

    @property
    def is_given_up(self) -> bool:
        """Whether it refuses us: in this run nothing more is asked of it."""
        return self._is_given_up

    async def connect(self) -> Connection | Outcome:
        """A new session, or why there is none."""
        return await connect(self.relay, self._tls, self._local_hostname, self._timeouts)

    def worked(self, domain: str) -> None:
        """The relay has dealt with a message: whatever was, is over."""
        now = _now()
        if self._failures:
            log.info("relay %s works again", self.relay.name)
            self._failures = 0
            self._shares.is_able(self.relay.name, able=True, now=now)
        self._has_worked = True
        self._meter.passed(domain, now)

    def slow_down(self, domain: str) -> None:
        """A server asks for fewer messages to `domain`, or at all (WHOLE_RELAY)."""
        domain = domain.casefold()
        self.reservation.slow_down(domain, self._meter.per_second(domain, _now()))

    def failed(self, outcome: Outcome) -> None:
        """Rest the relay. Its connections often fail together: that is one failure."""
        now = _now()
        if now < self._rests_until or self._is_given_up:
            return
        rest = self._pauses[self._failures] if self._failures < len(self._pauses) else LONGEST_REST
        self.trouble = outcome
        self._failures += 1
        self._rests_until = now + rest
        self._shares.is_able(self.relay.name, able=False, now=now)
        log.warning("relay %s rests for %g s: %s", self.relay.name, rest, outcome)

    def give_up(self, outcome: Outcome) -> None:
        """It refuses us, whoever we write to."""
        self.trouble = outcome
        self._is_given_up = True
        self._shares.is_able(self.relay.name, able=False, now=_now())
        log.error("relay %s refuses us: %s", self.relay.name, outcome)

    async def rest(self, over: asyncio.Event) -> None:
        """Wait until the relay may be tried again, or the run is over."""
        while (seconds := self._rests_until - _now()) > 0 and not over.is_set():
            try:
                async with asyncio.timeout(seconds):
                    await over.wait()
            except TimeoutError:
                continue

    # What the claim queue asks of it before it hands out a claim

    @property
    def is_open(self) -> bool:
        """Whether nothing at all limits it."""
        return self.reservation.is_open and not self._shares.has_weights

    @property
    def is_spent(self) -> bool:
        """Whether the day's share of its warm-up is sent."""
        return self.reservation.is_spent

    def wait(self, domain: str, now: float) -> float:
        """Seconds until it may send a message to `domain`."""
        if not self._shares.may_take(self.relay.name, now):
            return TURN
        return self.reservation.wait(domain, now)

    def take(self, domain: str, now: float) -> None:
        """It sends one to `domain`."""
        self.reservation.take(domain)
        self._shares.took(self.relay.name, now)

    def pace(self, domain: str) -> float:
        """Seconds from one message to `domain` to the next."""
        return self.reservation.pace(domain) or TURN

    @property
    def may_shut(self) -> bool:
        """Whether hours or a warm-up are configured."""
        return self.relay.hours is not None or self.relay.warm_up is not None

    def is_shut(self, moment: datetime) -> str:
        """Why it may not send at this local moment, "" when it may."""
        if self.relay.hours is not None and moment not in self.relay.hours:
            return f"relay {self.relay.name}: it is not its hours"
        if self.is_spent:
            return f"relay {self.relay.name}: today's share of its warm-up is sent"
        return ""


def _limited(relay: RelaySettings) -> set[str]:
    """What its configuration limits."""
    limited = {domain.casefold() for domain in relay.per_domain}
    limited |= {WHOLE_RELAY} if relay.rate else set()
    return limited | ({TODAY} if relay.warm_up else set())


def _now() -> float:
    return asyncio.get_running_loop().time()
