"""One message to one address, outside any issue: a test send, a sign-in link, a confirmation."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from newsletter.config.settings import RelaySettings, SendingSettings
from newsletter.delivery.context import SendContext
from newsletter.delivery.ledger import Claim, Claimed, Recovery
from newsletter.delivery.receipt import Receipt
from newsletter.delivery.sender import send_all
from newsletter.errors import RelayUnavailableError

LONGEST = 60.0
"""Seconds that a relay has for one message, because a person is waiting for it."""

_SUBSCRIBER_ID = 0


class _OneDelivery:
    """An in-memory ledger of a single delivery, which is never resumed."""

    def __init__(self, recipient: str) -> None:
        self.receipt: Receipt | None = None
        self._waiting = [
            Claim(
                subscriber_id=_SUBSCRIBER_ID, address=recipient, name="", edition_id=0, attempts=0
            )
        ]

    @property
    def writes_at_once(self) -> bool:
        return True

    @contextmanager
    def on_duty(self) -> Iterator[None]:
        yield

    def claim(self, limit: int, now: datetime) -> Claimed:
        claims, self._waiting = tuple(self._waiting[:limit]), self._waiting[limit:]
        return Claimed(claims=claims, suppressed=0)

    def write(self, *, receipts: Sequence[Receipt], intents: Sequence[int]) -> frozenset[int]:
        for receipt in receipts:
            self.receipt = receipt
        return frozenset(intents)

    def post(self) -> None:
        pass

    def release(self, subscriber_ids: Collection[int]) -> None:
        pass

    def postpone(self, subscriber_ids: Collection[int], until: datetime) -> None:
        pass

    def bring_forward(self) -> None:
        pass

    def recover(self, now: datetime) -> Recovery:
        return Recovery(released=0, unknown=0)

    def next_retry(self) -> datetime | None:
        return None


async def send_one(
    relays: Sequence[RelaySettings],
    message: bytes,
    *,
    envelope_sender: str,
    recipient: str,
    now: datetime,
) -> Receipt:
    """Hand `message` to a relay and return the receipt; there is no second attempt.

    It takes at most LONGEST seconds, plus the sender's GRACE_SECONDS for a message in flight.
    Raises RelayUnavailableError when no relay could be reached, or when a relay refused us
    rather than the reader.
    """
    ledger = _OneDelivery(recipient)
    context = SendContext(
        compose=lambda _claim: message,
        envelope_sender=lambda _claim: envelope_sender,
        clock=lambda: now,
        sending=SendingSettings(expire_after=timedelta(0)),
    )
    stop = asyncio.Event()
    timer = asyncio.get_running_loop().call_later(LONGEST, stop.set)
    try:
        report = await send_all(ledger, relays, context, stop=stop)
    finally:
        timer.cancel()
    if ledger.receipt is None:
        raise RelayUnavailableError(
            f"no relay accepted the message: {report.paused or 'it was never tried'}",
            field="relays",
        )
    return ledger.receipt
