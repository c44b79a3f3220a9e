"""What a send is given by its caller."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from random import Random

from newsletter.config.settings import SendingSettings
from newsletter.delivery.ledger import Claim
from newsletter.delivery.receipt import Receipt
from newsletter.delivery.relay_session import PAUSES
from newsletter.delivery.transport import TIMEOUTS, Timeouts


@dataclass(frozen=True, kw_only=True, slots=True)
class SendContext:
    """How messages are made and from whom they come, the time, and how patient to be.

    `compose` gives a message's bytes: CRLF at each line's end and the last, dots doubled, no final
    dot. It raises InputError for a reader whose message cannot be made. It `signs_slowly` when most
    of its time goes into a signature, during which other threads run: then it is also called in
    threads. `zone` is that of the relays' hours and days. `progress` hears of each receipt once it
    is written. `pauses` are the seconds that a failing relay rests, one after another.
    """

    compose: Callable[[Claim], bytes]
    envelope_sender: Callable[[Claim], str]
    clock: Callable[[], datetime]
    sending: SendingSettings = field(default_factory=SendingSettings)
    zone: tzinfo = UTC
    progress: Callable[[Receipt], None] | None = None
    signs_slowly: bool = False
    random: Random = field(default_factory=Random)
    timeouts: Timeouts = TIMEOUTS
    pauses: Sequence[float] = PAUSES

    def local_time(self) -> datetime:
        """Now, in the site's time zone."""
        return self.clock().astimezone(self.zone)
