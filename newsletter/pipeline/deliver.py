"""Hands an issue's messages to the relays, as one process's part in its delivery."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from newsletter.config.settings import RelaySettings
from newsletter.delivery.batches import Batches
from newsletter.delivery.context import SendContext
from newsletter.delivery.ledger import Claim
from newsletter.delivery.message import CompiledEdition, compile_edition
from newsletter.delivery.sender import SendReport, send_all
from newsletter.issues.issue import Issue, State
from newsletter.pipeline.control import RunControl
from newsletter.pipeline.messages import addressee, headers_for, return_path_of, signer_of
from newsletter.pipeline.readers import readers_of
from newsletter.pipeline.site import Site
from newsletter.store import editions as edition_store
from newsletter.store import issues as issue_store
from newsletter.store.ledger import SqlLedger
from newsletter.store.limits import SqlLimitBook

LOOK_AT_SIGNALS, LOOK_AT_ISSUE = 0.1, 0.3
"""Seconds between two looks at whether we are to end, and whether an editor stopped the presses."""


def ledger_of(site: Site, issue: Issue) -> SqlLedger:
    """The books of this issue."""
    with site.database.transaction(read_only=True) as connection:
        number = issue_store.issue_id(connection, issue)
    return SqlLedger(site.database, number, readers_of(site, issue.newsletter))


async def deliver(
    site: Site,
    issue: Issue,
    *,
    relays: Sequence[RelaySettings],
    control: RunControl,
    is_to_end: Callable[[], bool] | None = None,
    batches: Batches | None = None,
) -> SendReport:
    """Send what can be sent of a planned issue, until it is interrupted or an editor says stop.

    Several processes may do it at once. `is_to_end` is asked instead of `control` whether to end.
    With `batches` nothing but these is sent, for as long as more may come. Raises as `send_all`
    does.
    """
    context = _context(site, issue, control)
    stop = asyncio.Event()
    is_to_end = is_to_end or (lambda: control.is_interrupted)
    watcher = asyncio.create_task(_watch(site, issue, is_to_end, stop))
    try:
        return await send_all(
            batches or ledger_of(site, issue),
            relays,
            context,
            stop=stop,
            limits=SqlLimitBook(site.database),
            incoming=batches,
        )
    finally:
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher


def _context(site: Site, issue: Issue, control: RunControl) -> SendContext:
    """How the issue's messages are made, and what of them the caller hears."""
    compiled = _compiled_editions(site, issue, control.clock())
    signer, tokens = signer_of(site), site.tokens
    return_path = return_path_of(site, issue)
    tell = control.progress

    def compose(claim: Claim) -> bytes:
        to = addressee(
            site,
            tokens,
            issue.newsletter,
            subscriber_id=claim.subscriber_id,
            address=claim.address,
            name=claim.name,
        )
        return compiled[claim.edition_id].compose(to, signer)

    return SendContext(
        compose=compose,
        envelope_sender=lambda claim: return_path(claim.subscriber_id),
        clock=control.clock,
        sending=site.settings.sending,
        zone=site.settings.site.zone,
        progress=(lambda _receipt: tell(1)) if tell else None,
        signs_slowly=signer is not None and signer.is_slow,
    )


def _compiled_editions(site: Site, issue: Issue, now: datetime) -> Mapping[int, CompiledEdition]:
    """The frozen editions by their number, encoded; all are dated when the send began."""
    with site.database.transaction(read_only=True) as connection:
        frozen = edition_store.frozen_editions(connection, issue)
        _approved, started = issue_store.send_times(connection, issue)
    headers = headers_for(site, issue, started or now)
    return {number: compile_edition(edition, headers) for number, edition in frozen.items()}


async def _watch(
    site: Site, issue: Issue, is_to_end: Callable[[], bool], stop: asyncio.Event
) -> None:
    """Set `stop` when we are to end, or the issue is no longer being sent."""
    looked = time.monotonic()
    while not stop.is_set():
        await asyncio.sleep(LOOK_AT_SIGNALS)
        if is_to_end():
            stop.set()
        elif time.monotonic() - looked >= LOOK_AT_ISSUE:
            looked = time.monotonic()
            if await asyncio.to_thread(_state, site, issue) is not State.SENDING:
                stop.set()


def _state(site: Site, issue: Issue) -> State:
    with site.database.transaction(read_only=True) as connection:
        return issue_store.state_of(connection, issue)
