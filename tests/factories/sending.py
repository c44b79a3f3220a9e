"""A send with everything but the given at its usual; also as a process that can be killed.

`python -m tests.factories.sending DATABASE ISSUE PORT CONNECTIONS [signs_slowly] [at=MOMENT]` sends
what can be sent at that moment.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from newsletter.config.settings import RelaySettings, SendingSettings
from newsletter.delivery.context import SendContext
from newsletter.delivery.ledger import Claim, Ledger
from newsletter.delivery.sender import SendReport, send_all
from newsletter.delivery.transport import TIMEOUTS, Timeouts
from newsletter.store.database import open_database
from tests.factories.ledger import NOW, SentIssue, ledger_on

QUICK = Timeouts(connect=5, command=5, body=5, dot=5, quit=1)


def compose(claim: Claim) -> bytes:
    """A small message for the claim."""
    return (
        f"From: news@example.org\r\nTo: {claim.address}\r\nSubject: News\r\n"
        f"X-Subscriber: {claim.subscriber_id}\r\n\r\nHello {claim.name}\r\n..dot\r\n"
    ).encode()


async def send(
    ledger: Ledger, *relays: RelaySettings, now: datetime = NOW, **changes: Any
) -> SendReport:
    """Send with everything but the given at its usual."""
    values: dict[str, Any] = {
        "compose": compose,
        "envelope_sender": lambda claim: f"bounce+{claim.subscriber_id}@example.org",
        "clock": lambda: now,
        "timeouts": QUICK,
        "pauses": (0.01, 0.02),
    }
    if (expire_after := changes.pop("expire_after", None)) is not None:
        changes["sending"] = SendingSettings(expire_after=expire_after)
    given = {"stop": asyncio.Event()} | {
        name: changes.pop(name) for name in ("stop", "limits", "incoming") if name in changes
    }
    return await send_all(ledger, relays, SendContext(**{**values, **changes}), **given)


def main(url: str, issue_id: str, port: str, connections: str, *how: str) -> None:
    """Send the issue to a catcher on loopback."""
    database = open_database(url, Path())
    ledger = ledger_on(database, SentIssue(issue_id=int(issue_id), edition_ids=()))
    relay = RelaySettings(
        name="main", host="127.0.0.1", port=int(port), connections=int(connections)
    )
    moments = [word.removeprefix("at=") for word in how if word.startswith("at=")]
    now = datetime.fromisoformat(moments[0]) if moments else NOW
    slowly = "signs_slowly" in how
    asyncio.run(send(ledger, relay, now=now, timeouts=TIMEOUTS, signs_slowly=slowly))


if __name__ == "__main__":
    main(*sys.argv[1:])
