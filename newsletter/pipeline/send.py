"""send: deliver an approved issue, or resume a send that was cut short."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from newsletter.delivery.ledger import Claim
from newsletter.delivery.message import CompiledEdition, compile_edition
from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.delivery.sender import SendReport, send_all
from newsletter.errors import ConfigurationError, NotPermittedError, Problem
from newsletter.issues.issue import Issue, State
from newsletter.pipeline.editions import key_for, wishes_of
from newsletter.pipeline.messages import addressee, headers_for, return_path_of, signer_of
from newsletter.pipeline.readers import readers_of
from newsletter.pipeline.rejected import report_rejections
from newsletter.pipeline.site import Site
from newsletter.store import editions as edition_store
from newsletter.store import issues as issue_store
from newsletter.store import newsletters as newsletter_store
from newsletter.store.ledger import SqlLedger
from newsletter.store.limits import SqlLimitBook

LATE = "late by"
"""How the note of an issue begins that is held only for being late."""

LOOK_AT_SIGNALS, LOOK_AT_ISSUE = 0.1, 0.5
"""Seconds between two looks at whether we are to end, and whether an editor stopped the presses."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SendOutcome:
    """Where the issue stands after a send, and what this run of it did (None: nothing to do)."""

    issue: Issue
    audience: int
    counts: Mapping[DeliveryState, int]
    report: SendReport | None


def send(
    site: Site,
    slug: str,
    number: int | None,
    *,
    clock: Callable[[], datetime],
    interrupted: threading.Event | None = None,
    progress: Callable[[Receipt], None] | None = None,
) -> SendOutcome:
    """Deliver the issue to everyone who is due it, each once.

    Whatever was cut short before is resumed. Raises NotPermittedError for an issue that is not
    approved, for one that is later than max_lateness (which is then held), and for a site that
    was restored from a backup and not armed since.
    """
    issue = begin(site, slug, number, now=clock())
    if issue.state is State.SENT:
        return _outcome(site, issue, None)
    ledger = ledger_of(site, issue)
    compiled = _plan(site, issue, ledger, clock())
    try:
        report = asyncio.run(_deliver(site, issue, ledger, compiled, clock, interrupted, progress))
    finally:
        report_rejections(site, issue, clock())
    return _outcome(site, _finish(site, issue, ledger, clock()), report)


def begin(site: Site, slug: str, number: int | None, *, now: datetime) -> Issue:
    """Move the issue to `sending`, take its articles and move the watermark, all at once."""
    if not site.settings.relays:
        raise ConfigurationError(
            [Problem(message="no relay to send through", field="relays", fix="add [[relays]]")]
        )
    with site.database.transaction() as connection:
        newsletter_store.lock_newsletter(connection, slug, now)
        issue = issue_store.find_issue(connection, slug, number)
        if issue.state in {State.SENDING, State.SENT}:
            return issue
        if not newsletter_store.is_armed(connection):
            raise NotPermittedError(
                "this database was restored from a backup and may not send",
                fix="make sure that nothing was sent meanwhile, then run `newsletter arm`",
            )
        if issue.state not in {State.APPROVED, State.STOPPED}:
            raise NotPermittedError(
                f"{issue.name} is {issue.state}, not approved",
                fix=f"approve it with `newsletter approve {issue.name}`",
            )
        approved, started = issue_store.send_times(connection, issue)
        late = now - max(approved or issue.goes_out, issue.goes_out)
        too_late = started is None and late > site.newsletter(slug).max_lateness
        if too_late:
            note = f"{LATE} {late}, more than max_lateness"
            issue_store.move(connection, issue, State.HELD, note=note)
        else:
            issue_store.move(connection, issue, State.SENDING, send_started_at=started or now)
            issue_store.take_articles(connection, issue)
            newsletter_store.advance_watermark(
                connection, slug, issue.window.end, closed=approved or now
            )
            issue = issue_store.find_issue(connection, slug, issue.number)
    if too_late:  # said only now, so that the hold is kept
        raise NotPermittedError(
            f"{issue.name} is late by {late} and is now held",
            field=f"newsletters.{slug}.max_lateness",
            fix=f"if it shall still go out, `newsletter approve {issue.name}` and send it",
        )
    return issue


def ledger_of(site: Site, issue: Issue) -> SqlLedger:
    """The books of this issue."""
    with site.database.transaction(read_only=True) as connection:
        number = issue_store.issue_id(connection, issue)
    return SqlLedger(site.database, number, readers_of(site, issue.newsletter))


def _plan(site: Site, issue: Issue, ledger: SqlLedger, now: datetime) -> dict[int, CompiledEdition]:
    """Plan a delivery for everyone who has none, and compile the frozen editions.

    A reader who began to follow other tags after the approval gets the complete edition:
    nothing is rendered after it.
    """
    with site.database.transaction(read_only=True) as connection:
        frozen = edition_store.frozen_editions(connection, issue)
        wishes = wishes_of(site, connection, issue.newsletter, now)
        _approved, started = issue_store.send_times(connection, issue)
    number_of = {edition.key: number for number, edition in frozen.items()}
    complete = number_of[key_for(site, issue, "")]
    audience_size = ledger.plan(
        {follows: number_of.get(key_for(site, issue, follows), complete) for follows in wishes},
        complete,
        now,
    )
    with site.database.transaction() as connection:
        issue_store.set_audience(connection, issue, audience_size)
    policy = site.newsletter(issue.newsletter).unknown
    if ledger.recover(now).unknown and policy != "hold":
        ledger.settle_unknown(policy, now)
    headers = headers_for(site, issue, started or now)
    return {number: compile_edition(edition, headers) for number, edition in frozen.items()}


async def _deliver(
    site: Site,
    issue: Issue,
    ledger: SqlLedger,
    compiled: Mapping[int, CompiledEdition],
    clock: Callable[[], datetime],
    interrupted: threading.Event | None,
    progress: Callable[[Receipt], None] | None,
) -> SendReport:
    signer, tokens = signer_of(site), site.tokens
    return_path = return_path_of(site, issue)
    stop = asyncio.Event()

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

    watcher = asyncio.create_task(_watch(site, issue, interrupted, stop))
    try:
        return await send_all(
            ledger,
            compose,
            site.settings.relays,
            envelope_sender=lambda claim: return_path(claim.subscriber_id),
            clock=clock,
            stop=stop,
            sending=site.settings.sending,
            zone=site.settings.site.zone,
            limits=SqlLimitBook(site.database),
            progress=progress,
        )
    finally:
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher


async def _watch(
    site: Site, issue: Issue, interrupted: threading.Event | None, stop: asyncio.Event
) -> None:
    """Set `stop` when we are interrupted, or the issue is no longer being sent."""
    looked = time.monotonic()
    while not stop.is_set():
        await asyncio.sleep(LOOK_AT_SIGNALS)
        if interrupted is not None and interrupted.is_set():
            stop.set()
        elif time.monotonic() - looked >= LOOK_AT_ISSUE:
            looked = time.monotonic()
            if await asyncio.to_thread(_state, site, issue) is not State.SENDING:
                stop.set()


def _state(site: Site, issue: Issue) -> State:
    with site.database.transaction(read_only=True) as connection:
        return issue_store.find_issue(connection, issue.newsletter, issue.number).state


def _finish(site: Site, issue: Issue, ledger: SqlLedger, now: datetime) -> Issue:
    """Close the issue when its whole audience has come to an end (rule 2)."""
    with site.database.transaction(read_only=True) as connection:
        planned = issue_store.audience_of(connection, issue)
    conserved = planned is not None and ledger.is_conserved(planned)
    with site.database.transaction() as connection:
        current = issue_store.find_issue(connection, issue.newsletter, issue.number)
        if current.state is State.SENDING and conserved:
            issue_store.move(connection, current, State.SENT, send_finished_at=now)
        return issue_store.find_issue(connection, issue.newsletter, issue.number)


def _outcome(site: Site, issue: Issue, report: SendReport | None) -> SendOutcome:
    counts = ledger_of(site, issue).counts()
    return SendOutcome(issue=issue, audience=sum(counts.values()), counts=counts, report=report)
