"""A relay during a run: its connections, its limits, and its rests after failures."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import date, datetime

from newsletter.config.servers import WarmUpSettings
from newsletter.config.settings import RelaySettings
from newsletter.delivery.limits import RelayLimits
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.shares import Shares
from newsletter.delivery.throttle import Throttle
from newsletter.delivery.transport import Connection, Timeouts, connect, tls_context

log = logging.getLogger("newsletter.delivery")

PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds that a failing relay rests, one after another; then LONGEST_REST each time."""

LONGEST_REST = 60.0

FIRST_TRIES = 3
"""A relay that was never reached in this run is down after so many tries."""

TURN = 0.05
"""Seconds until a relay that is ahead of its share looks again."""


class Lane:
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
        self.throttle = Throttle(relay.rate, relay.per_domain, _now())
        self.sent_today = 0
        self.day = date.min
        self._tls = tls_context(relay)
        self._local_hostname = local_hostname
        self._timeouts = timeouts
        self._pauses = pauses
        self._shares = shares
        self._failures = 0
        self._rests_until = 0.0
        self._has_worked = False
        self._is_given_up = False
        self._is_counted = shares.has_weights or relay.warm_up is not None

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
        self.throttle.passed(domain, now)

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

    # What the feed asks of it before it hands out a claim

    @property
    def is_open(self) -> bool:
        """Whether nothing at all limits it."""
        return self.throttle.is_open and not self._is_counted

    def wait(self, domain: str, now: float) -> float:
        """Seconds until it may send a message to `domain`."""
        if not self._shares.may_take(self.relay.name, now):
            return max(TURN, self.throttle.wait(domain, now))
        return self.throttle.wait(domain, now)

    def take(self, domain: str, now: float) -> None:
        """It sends one to `domain`."""
        self.throttle.take(domain, now)
        self._shares.took(self.relay.name, now)
        self.sent_today += 1

    def pace(self, domain: str, now: float) -> float:
        """Seconds from one message to `domain` to the next."""
        return self.throttle.pace(domain, now) or TURN

    @property
    def may_shut(self) -> bool:
        """Whether hours or a warm-up are configured."""
        return self.relay.hours is not None or self.relay.warm_up is not None

    def is_shut(self, moment: datetime) -> str:
        """Why it may not send at this local moment, "" when it may."""
        if self.day != moment.date():
            self.day, self.sent_today = moment.date(), 0
        hours, warm_up = self.relay.hours, self.relay.warm_up
        if hours is not None and moment not in hours:
            return f"relay {self.relay.name}: it is not its hours"
        if warm_up is not None and self.sent_today >= allowance(warm_up, moment.date()):
            return f"relay {self.relay.name}: today's share of its warm-up is sent"
        return ""

    # Between two runs

    def limits(self, at: datetime) -> RelayLimits:
        """Where its limits stand."""
        return RelayLimits(
            relay=self.relay.name,
            at=at,
            standings=tuple(self.throttle.standings(_now())),
            day=self.day,
            sent=self.sent_today,
        )

    def restore(self, limits: RelayLimits, at: datetime) -> None:
        """Go on where another run left off; a clock that was set back gives nothing."""
        ago = max(0.0, (at - limits.at).total_seconds())
        self.throttle.restore(limits.standings, _now(), ago=ago)
        self.day, self.sent_today = limits.day, limits.sent


def allowance(warm_up: WarmUpSettings, day: date) -> float:
    """How many messages the relay may send on that day."""
    days = (day - warm_up.since).days
    if days < 0:
        return 0
    # So many doublings are no limit, and no number either.
    return warm_up.first_day * warm_up.growth**days if days < 60 else float("inf")


def _now() -> float:
    return asyncio.get_running_loop().time()
