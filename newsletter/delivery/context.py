"""The parameters that a caller gives a send."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from random import Random

from newsletter.config.settings import SendingSettings
from newsletter.delivery.ledger import Claim
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.receipt import Receipt
from newsletter.delivery.relay_session import PAUSES
from newsletter.delivery.transport import TIMEOUTS, Timeouts


@dataclass(frozen=True, kw_only=True, slots=True)
class SendContext:
    """How to compose and address messages, the clock, timeouts and retries.

    `compose` returns a message's bytes: every line ends in CRLF, dots are doubled, and the final
    dot is left out. It raises InputError for a reader whose message cannot be composed. Set
    `signs_slowly` when it spends most of its time on a signature, during which other threads can
    run: then it is also called in threads. `reference` identifies an issue's message to the relay's
    provider; "" for any other. `zone` is the time zone of the relays' hours and days.
    `progress` is called with each receipt once it is written. `pauses` are the seconds that a
    failing relay rests after each failure in turn. `relay_changed` is called as `RelaySession` says.
    """

    compose: Callable[[Claim], bytes]
    envelope_sender: Callable[[Claim], str]
    clock: Callable[[], datetime]
    reference: Callable[[Claim], str] = lambda _claim: ""
    sending: SendingSettings = field(default_factory=SendingSettings)
    zone: tzinfo = UTC
    progress: Callable[[Receipt], None] | None = None
    signs_slowly: bool = False
    random: Random = field(default_factory=Random)
    timeouts: Timeouts = TIMEOUTS
    pauses: Sequence[float] = PAUSES
    relay_changed: Callable[[str, Outcome | None, float | None], None] = lambda *_change: None

    def local_time(self) -> datetime:
        """Now, in the site's time zone."""
        return self.clock().astimezone(self.zone)
