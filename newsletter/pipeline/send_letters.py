"""Sends the letters in the outbox, each once, with the same sender as issues."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from newsletter.delivery.context import SendContext
from newsletter.delivery.ledger import Claim
from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.delivery.sender import SendReport, send_all
from newsletter.errors import RelayUnavailableError
from newsletter.pipeline.control import RunControl
from newsletter.site.site import Site
from newsletter.store import outbox
from newsletter.store.addressed_letters import is_any_waiting
from newsletter.store.correction_letters import is_any_unfinished
from newsletter.store.limits import SqlLimitBook
from newsletter.store.outbox_ledger import OutboxLedger

if TYPE_CHECKING:
    from newsletter.pipeline.addressed_letters import AddressedLetters

log = logging.getLogger("newsletter")

INTERRUPTION_INTERVAL = 0.1
"""Seconds between two checks for an interruption."""


def send_waiting(site: Site, control: RunControl) -> tuple[int, int]:
    """Send what is due; returns how many letters were attempted, and how many were accepted.

    A relay's failure is not raised: the letter waits for its next attempt.
    """
    with site.database.transaction() as connection:
        outbox.drop_unknown(connection, control.clock() - outbox.UNKNOWN_KEPT)
    addressed = _addressed(site, control)
    receipts: list[Receipt] = []

    def note_receipt(receipt: Receipt) -> None:
        receipts.append(receipt)
        _log(receipt)

    try:
        report = asyncio.run(_send(site, control, addressed, note_receipt))
    except RelayUnavailableError as error:
        _postpone(site, str(error), control.clock(), is_attempt=True)
    else:
        if report.paused:
            _postpone(site, report.paused, control.clock(), is_attempt=True)
        elif report.restriction:
            _postpone(site, report.restriction, control.clock(), is_attempt=False)
    accepted = sum(receipt.state is DeliveryState.ACCEPTED for receipt in receipts)
    return len(receipts), accepted


def _addressed(site: Site, control: RunControl) -> AddressedLetters | None:
    """What makes corrections, the next of which are queued, and dated letters; None without any."""
    with site.database.transaction(read_only=True) as connection:
        has_corrections = is_any_unfinished(connection)
        if not has_corrections and not is_any_waiting(connection):
            return None
    # Only then: it loads what renders.
    from newsletter.pipeline.addressed_letters import AddressedLetters
    from newsletter.pipeline.correction_letters import queue_letters

    if has_corrections:
        queue_letters(site, control.clock())
    return AddressedLetters(site, control.clock)


async def _send(
    site: Site,
    control: RunControl,
    addressed: AddressedLetters | None,
    note_receipt: Callable[[Receipt], None],
) -> SendReport:
    """Send what is due with half of each relay's connections, since an issue may need the others."""
    ledger = OutboxLedger(site.database, addressed.audience_of if addressed else None)

    def compose(claim: Claim) -> bytes:
        letter = ledger.letter(claim)
        if addressed and letter.about:
            return addressed.compose(letter.about, claim)
        return letter.message

    def envelope_sender(claim: Claim) -> str:
        letter = ledger.letter(claim)
        if addressed and letter.about:
            return addressed.envelope_sender(letter.about)
        return letter.envelope_sender

    context = SendContext(
        compose=compose,
        envelope_sender=envelope_sender,
        clock=control.clock,
        sending=site.settings.sending.model_copy(update={"expire_after": outbox.GIVE_UP_AFTER}),
        zone=site.settings.site.zone,
        progress=note_receipt,
    )
    relays = [
        relay.model_copy(update={"connections": (relay.connections + 1) // 2})
        for relay in site.settings.relays
    ]
    stop = asyncio.Event()
    watcher = asyncio.create_task(_watch(control, stop))
    try:
        return await send_all(
            ledger, relays, context, stop=stop, limits=SqlLimitBook(site.database)
        )
    finally:
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher


async def _watch(control: RunControl, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await asyncio.sleep(INTERRUPTION_INTERVAL)
        if control.is_interrupted:
            stop.set()


def _postpone(site: Site, answer: str, now: datetime, *, is_attempt: bool) -> None:
    log.warning("letters cannot be sent yet: %s", answer)
    with site.database.transaction() as connection:
        dropped = outbox.put_off(connection, answer, now, is_attempt=is_attempt)
    if dropped:
        log.error("%d letters are given up: %s", dropped, answer)


def _log(receipt: Receipt) -> None:
    answer = f"{receipt.code or ''} {receipt.text}".strip()
    match receipt.state:
        case DeliveryState.REJECTED:
            log.warning("letter %d was refused: %s", receipt.subscriber_id, answer)
        case DeliveryState.EXPIRED:
            log.error("letter %d is given up: %s", receipt.subscriber_id, answer)
        case DeliveryState.UNKNOWN:
            log.error("it is unknown whether letter %d was sent: %s", receipt.subscriber_id, answer)
