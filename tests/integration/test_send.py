"""The whole path: ledger, sender and a real SMTP server that misbehaves by script."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from newsletter.config.settings import RelaySettings
from newsletter.delivery.ledger import Claim
from newsletter.delivery.receipt import DeliveryState
from newsletter.delivery.sender import SendReport, send_all
from newsletter.delivery.transport import Timeouts
from newsletter.errors import InputError, RelayUnavailableError
from newsletter.store.database import Database
from newsletter.store.ledger import SqlLedger
from tests.factories.ledger import (
    NOW,
    address_of,
    ledger_on,
    plant_issue,
    planned_ledger,
    receipts_of,
    states_of,
    unsubscribe,
)
from tests.servers.smtp import AtDot, Catcher, Fault, Script, smtp_server

S = DeliveryState
QUICK = Timeouts(connect=5, command=5, body=5, dot=5, quit=1)


def compose(claim: Claim) -> bytes:
    """A small message for the claim."""
    return (
        f"From: news@example.org\r\nTo: {claim.address}\r\nSubject: News\r\n"
        f"X-Subscriber: {claim.subscriber_id}\r\n\r\nHello {claim.name}\r\n..dot\r\n"
    ).encode()


async def send(
    ledger: SqlLedger, *relays: RelaySettings, now: datetime = NOW, **changes: Any
) -> SendReport:
    """Send with everything but the given at its usual."""
    values: dict[str, Any] = {
        "envelope_sender": lambda claim: f"bounce+{claim.subscriber_id}@example.org",
        "clock": lambda: now,
        "stop": asyncio.Event(),
        "expire_after": timedelta(days=2),
        "timeouts": QUICK,
        "pauses": (0.01, 0.02),
    }
    return await send_all(ledger, changes.pop("compose", compose), relays, **{**values, **changes})


async def test_every_reader_gets_one_message(database: Database) -> None:
    """All are accepted, each once, and the sum is right."""
    ledger = planned_ledger(database, readers=40)
    async with smtp_server(Catcher()) as catcher:
        report = await send(ledger, catcher.relay())
    assert (report.accepted, report.paused) == (40, "")
    assert sorted(catcher.recipients) == sorted(address_of(number) for number in range(1, 41))
    assert catcher.connections == 2
    assert ledger.is_conserved(40)
    first = next(message for message in catcher.caught if message.recipient == address_of(1))
    assert first.sender == "bounce+1@example.org"
    assert first.content.endswith(b"\r\n\r\nHello Reader 1\r\n.dot\r\n")
    assert receipts_of(database, 1) == [("accepted", 250, "2.0.0 Ok: queued")]
