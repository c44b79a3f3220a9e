"""Delivers an issue's messages to the relays, in one of possibly several processes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from newsletter.config.settings import RelaySettings
from newsletter.delivery.batches import Batches
from newsletter.delivery.context import SendContext
from newsletter.delivery.ledger import Claim
from newsletter.delivery.message import CompiledEdition, compile_edition
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.relay_trouble import RelayTrouble
from newsletter.delivery.sender import SendReport, send_all
from newsletter.errors import DatabaseBusyError, DatabaseUnavailableError
from newsletter.issues.issue import Issue, State
from newsletter.pipeline.control import RunControl
from newsletter.site.messages import addressee, headers_for, return_path_of, signer_of
from newsletter.site.recipients import recipients_of
from newsletter.site.site import Site
from newsletter.store import editions as edition_store
from newsletter.store import issues as issue_store
from newsletter.store.ledger import SqlLedger
from newsletter.store.limits import SqlLimitBook
from newsletter.store.relay_troubles import clear_trouble, save_trouble
from subscribers.subscriber import MailFormat

log = logging.getLogger("newsletter")

INTERRUPTION_INTERVAL, STATE_INTERVAL = 0.1, 0.3
"""Seconds between two checks for an interruption, and for an editor's stop of the issue."""


def ledger_of(site: Site, issue: Issue) -> SqlLedger:
    """The ledger of this issue."""
    with site.database.transaction(read_only=True) as connection:
        number = issue_store.issue_id(connection, issue)
    return SqlLedger(site.database, number, recipients_of(site, issue))


async def deliver(
    site: Site,
    issue: Issue,
    *,
    relays: Sequence[RelaySettings],
    control: RunControl,
    must_end: Callable[[], bool] | None = None,
    batches: Batches | None = None,
) -> SendReport:
    """Send a planned issue, until nothing is left, it is interrupted, or an editor stops it.

    Several processes may do so at once. If given, `must_end` decides instead of `control` whether
    to end. With `batches`, only these are sent, until they are closed. Raises as `send_all` does.
    """
    context = _context(site, issue, control)
    stop = asyncio.Event()
    must_end = must_end or (lambda: control.is_interrupted)
    watcher = asyncio.create_task(_watch(site, issue, must_end, stop))
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
    """How the issue's messages are composed, and how progress is reported."""
    compiled = _CompiledEditions(site, issue, control.clock())
    signer, tokens, clock = signer_of(site), site.tokens, control.clock
    return_path = return_path_of(site, issue)
    list_slug = site.newsletter(issue.newsletter).list
    paths = site.return_paths
    report_progress = control.progress

    def compose(claim: Claim) -> bytes:
        to = addressee(
            site,
            tokens,
            issue.newsletter,
            subscriber_id=claim.subscriber_id,
            address=claim.address,
            name=claim.name,
            links_since=claim.links_since,
        )
        return compiled.of(claim).compose(to, signer, clock())

    return SendContext(
        compose=compose,
        envelope_sender=lambda claim: return_path(claim.subscriber_id),
        clock=control.clock,
        reference=lambda claim: paths.reference(list_slug, claim.subscriber_id, issue.number),
        sending=site.settings.sending,
        zone=site.settings.site.zone,
        progress=(lambda _receipt: report_progress(1)) if report_progress else None,
        signs_slowly=signer is not None and signer.is_slow,
        relay_changed=_keep_trouble(site, control),
    )


def _keep_trouble(
    site: Site, control: RunControl
) -> Callable[[str, Outcome | None, float | None], None]:
    """Keep for the report which relays cannot be used, without holding up the send."""

    def keep(relay: str, outcome: Outcome | None, rest: float | None) -> None:
        now = control.clock()
        again_at = now + timedelta(seconds=rest) if rest is not None else None
        try:
            with site.database.transaction() as connection:
                if outcome is None:
                    clear_trouble(connection, relay)
                else:
                    trouble = RelayTrouble(
                        relay=relay, at=now, said=str(outcome), again_at=again_at
                    )
                    save_trouble(connection, trouble)
        except (DatabaseUnavailableError, DatabaseBusyError):  # it is for the report only
            log.warning("the state of relay %s could not be kept", relay, exc_info=True)

    def changed(relay: str, outcome: Outcome | None, rest: float | None) -> None:
        asyncio.get_running_loop().run_in_executor(None, keep, relay, outcome, rest)

    return changed


class _CompiledEditions:
    """The frozen editions, compiled: in other forms once somebody wants them."""

    def __init__(self, site: Site, issue: Issue, now: datetime) -> None:
        with site.database.transaction(read_only=True) as connection:
            self._frozen = edition_store.frozen_editions(connection, issue)
        self._headers = headers_for(site, issue, now)
        self._whole = {
            number: compile_edition(edition, self._headers)
            for number, edition in self._frozen.items()
        }
        self._forms: dict[tuple[int, MailFormat], CompiledEdition] = {}

    def of(self, claim: Claim) -> CompiledEdition:
        """The edition of this claim, in the form that its reader wants."""
        number = claim.edition_id
        if claim.form is MailFormat.HTML:
            return self._whole[number]
        key = (number, claim.form)
        if key not in self._forms:  # threads that meet here make the same
            self._forms[key] = compile_edition(self._frozen[number], self._headers, form=claim.form)
        return self._forms[key]


async def _watch(
    site: Site, issue: Issue, must_end: Callable[[], bool], stop: asyncio.Event
) -> None:
    """Set `stop` when the send has to end, or the issue is no longer being sent."""
    checked_at = time.monotonic()
    while not stop.is_set():
        await asyncio.sleep(INTERRUPTION_INTERVAL)
        if must_end():
            stop.set()
        elif time.monotonic() - checked_at >= STATE_INTERVAL:
            checked_at = time.monotonic()
            if await asyncio.to_thread(_state, site, issue) is not State.SENDING:
                stop.set()


def _state(site: Site, issue: Issue) -> State:
    with site.database.transaction(read_only=True) as connection:
        return issue_store.state_of(connection, issue)
