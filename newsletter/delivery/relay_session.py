"""The state of one relay during a run: its connections, limits, and rests after failures."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from newsletter.config.settings import RelaySettings
from newsletter.delivery.classify import BEFORE_A_MESSAGE, Meaning
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.rates import TODAY, WHOLE_RELAY, Meter, Shares, TokenReservation
from newsletter.delivery.retry import is_one_too_many
from newsletter.delivery.transport import Connection, Timeouts, tls_context

if TYPE_CHECKING:
    from newsletter.delivery.access_tokens import AccessTokens

log = logging.getLogger("newsletter.delivery")

PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds that a failing relay rests after each failure in turn; then LONGEST_REST each time."""

LONGEST_REST = 60.0

FIRST_TRIES = 3
"""Failures after which a relay that was never reached in this run counts as down."""

FIRST_REST_ALONE = 5.0
"""Seconds that one connection rests which the relay does not admit beside others; each rest of it is
twice the last, up to LONGEST_REST."""

SHARE_CHECK_SECONDS = 0.05
"""Seconds until a relay that is ahead of its share checks again."""


class RelaySession:
    """One relay, shared by the run's connections; times are in the event loop's seconds.

    `changed` is told the relay's name with why it cannot be used and how many seconds it rests (None:
    it is given up), or with None once it works again.
    """

    def __init__(
        self,
        relay: RelaySettings,
        *,
        local_hostname: str,
        timeouts: Timeouts,
        pauses: Sequence[float],
        shares: Shares,
        changed: Callable[[str, Outcome | None, float | None], None] = lambda *_change: None,
    ) -> None:
        self.relay = relay
        self._changed = changed
        self.trouble: Outcome | None = None
        self.reservation = TokenReservation(_limited(relay))
        self._meter = Meter(_now())
        self._tls = tls_context(relay)
        self._tokens: AccessTokens | None = None
        self._local_hostname = local_hostname
        self._timeouts = timeouts
        self._pauses = pauses
        self._shares = shares
        self._failures = 0
        self._in_use = 0
        self._connections: list[Connection] = []
        self._admits_fewer = False
        self._rests_until = 0.0
        self._was_reached = False
        self._is_given_up = False
        self.messages_per_connection = relay.messages_per_connection
        """The configured limit, or a lower one learnt from the relay; None if none is known."""

    def learn_limit(self, carried: int) -> None:
        """Note that a connection accepted only `carried` messages, to close the next ones earlier."""
        self.messages_per_connection = min(carried, self.messages_per_connection or carried)
        log.info(
            "relay %s accepts %d messages per connection",
            self.relay.name, self.messages_per_connection,
        )  # fmt: skip

    @property
    def is_down(self) -> bool:
        """Whether the relay is not expected to work soon; it is still tried again while others do.

        A relay may refuse every further connection and still serve one, slowly: as long as it has
        not answered all of them, it is not down.
        """
        tries = (
            len(self._pauses) + 1 if self._was_reached else min(FIRST_TRIES, len(self._pauses) + 1)
        )
        return self._is_given_up or (self._failures >= tries and not self._in_use)

    @property
    def is_given_up(self) -> bool:
        """Whether the relay refuses us, and is not used any more in this run."""
        return self._is_given_up

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Note that a connection to the relay is being opened, or has a message on it."""
        self._in_use += 1
        try:
            yield
        finally:
            self._in_use -= 1

    def is_one_too_many(self, connection: Connection | None, outcome: Outcome) -> bool:
        """Whether the relay refuses this connection, or its opening, because it has enough of ours.

        If so, the connection counts no longer as one that the relay admits.
        """
        if outcome.meaning is Meaning.ACCEPTED:
            return False
        others = [each for each in self._connections if each is not connection and each.is_usable]
        if not is_one_too_many(outcome, others=len(others)):
            return False
        self._connections = others
        if not self._admits_fewer:
            self._admits_fewer = True
            log.warning(
                "relay %s accepts %d of %d connections at once: %s",
                self.relay.name, len(others), self.relay.connections, outcome,
            )  # fmt: skip
        return True

    async def connect(self) -> Connection | Outcome:
        """A new connection, or the reason why it failed."""
        # Loaded only when there is something to send.
        from newsletter.delivery.access_tokens import tokens_of
        from newsletter.delivery.connecting import connect

        self._tokens = self._tokens or tokens_of(self.relay)
        connected = await connect(
            self.relay, self._tls, self._local_hostname, self._timeouts, self._tokens
        )
        # While one connection waits for its first reply, others may be refused several times.
        if isinstance(connected, Connection):
            self._was_reached = True
            self._connections = [each for each in self._connections if each.is_usable]
            self._connections.append(connected)
        return connected

    def worked(self, domain: str) -> None:
        """Note that the relay has processed a message, which ends any failure."""
        now = _now()
        if self._failures:
            log.info("relay %s works again", self.relay.name)
            self._failures = 0
            self._shares.set_able(self.relay.name, able=True, now=now)
            self._changed(self.relay.name, None, None)
        self._meter.passed(domain, now)

    def slow_down(self, domain: str) -> None:
        """Reduce the rate to `domain`, or the relay's own (WHOLE_RELAY), as a server asks."""
        domain = domain.casefold()
        self.reservation.slow_down(domain, self._meter.per_second(domain, _now()))

    def failed(self, outcome: Outcome) -> None:
        """Rest the relay. Connections often fail together, which counts as one failure."""
        now = _now()
        if now < self._rests_until or self._is_given_up:
            return
        rest = self._pauses[self._failures] if self._failures < len(self._pauses) else LONGEST_REST
        self.trouble = outcome
        self._failures += 1
        self._rests_until = now + rest
        self._shares.set_able(self.relay.name, able=False, now=now)
        self._changed(self.relay.name, outcome, rest)
        log.warning("relay %s rests for %g s: %s", self.relay.name, rest, outcome)

    def give_up(self, outcome: Outcome) -> None:
        """Stop using the relay, because it refuses us whatever the recipient."""
        self.trouble = outcome
        self._is_given_up = True
        self._shares.set_able(self.relay.name, able=False, now=_now())
        self._changed(self.relay.name, outcome, None)
        log.error("relay %s refuses us: %s", self.relay.name, outcome)

    async def rest(self, over: asyncio.Event, *, is_connected: bool) -> None:
        """Wait until the relay may be tried again, or `over` is set.

        A relay that refuses further connections goes on with those that it has.
        """
        if is_connected and self.trouble is not None and self.trouble.stage in BEFORE_A_MESSAGE:
            return
        while (seconds := self._rests_until - _now()) > 0 and not over.is_set():
            try:
                async with asyncio.timeout(seconds):
                    await over.wait()
            except TimeoutError:
                continue

    # claim_queue.RateGate

    @property
    def is_open(self) -> bool:
        """Whether the relay has no limit at all."""
        return self.reservation.is_open and not self._shares.has_weights

    @property
    def is_spent(self) -> bool:
        """Whether the day's messages of its warm-up are all sent."""
        return self.reservation.is_spent

    def wait(self, domain: str, now: float) -> float:
        """Seconds until the relay may send a message to `domain`."""
        if not self._shares.may_take(self.relay.name, now):
            return SHARE_CHECK_SECONDS
        return self.reservation.wait(domain, now)

    def take(self, domain: str, now: float) -> None:
        """Count a message to `domain` as sent."""
        self.reservation.take(domain)
        self._shares.took(self.relay.name, now)

    def pace(self, domain: str) -> float:
        """Seconds between two messages to `domain`."""
        return self.reservation.pace(domain) or SHARE_CHECK_SECONDS

    @property
    def has_restrictions(self) -> bool:
        """Whether hours or a warm-up can stop the relay."""
        return self.relay.hours is not None or self.relay.warm_up is not None

    def restriction(self, moment: datetime) -> str:
        """Why the relay may not send at this local time, "" when it may."""
        if self.relay.hours is not None and moment not in self.relay.hours:
            return f"relay {self.relay.name}: outside its sending hours"
        if self.is_spent:
            return f"relay {self.relay.name}: its warm-up allows no more messages today"
        return ""


def _limited(relay: RelaySettings) -> set[str]:
    """The domains that its configuration limits, WHOLE_RELAY and TODAY included."""
    limited = {domain.casefold() for domain in relay.per_domain}
    limited |= {WHOLE_RELAY} if relay.rate else set()
    return limited | ({TODAY} if relay.warm_up else set())


def _now() -> float:
    return asyncio.get_running_loop().time()
