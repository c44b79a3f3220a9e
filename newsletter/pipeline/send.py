"""send: deliver an approved issue, or resume a send that was cut short."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.config.settings import RelaySettings
from newsletter.delivery.receipt import DeliveryState
from newsletter.delivery.sender import SendReport, combined
from newsletter.errors import ConfigurationError, NotPermittedError, Problem
from newsletter.issues.issue import Issue, State
from newsletter.issues.reasons import StateNote, StateReason
from newsletter.pipeline.control import RunControl
from newsletter.pipeline.deliver import deliver, ledger_of
from newsletter.pipeline.processes import shared_out, worker_processes
from newsletter.pipeline.report_rejections import report_rejections
from newsletter.pipeline.retry import take_back_alike
from newsletter.site.editions import key_for, tag_selections_of
from newsletter.site.site import Site
from newsletter.store import editions as edition_store
from newsletter.store import issues as issue_store
from newsletter.store import newsletters as newsletter_store
from newsletter.store.ledger import SqlLedger, is_conserved, settle_unknown


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
    progress: Callable[[int], None] | None = None,
    processes: int | None = None,
) -> SendOutcome:
    """Deliver the issue to everyone who is due it, each once.

    Whatever was cut short before is resumed. Sending nodes do it where there are any; else
    `processes` deliver side by side, by default as many as `sending.processes` says. `progress`
    is told how many deliveries more have come to an end. Raises NotPermittedError for an issue
    that is not approved, for one that is later than max_lateness (which is then held), and for
    a site that was restored from a backup and not armed since.
    """
    control = RunControl(clock=clock, interrupted=interrupted, progress=progress)
    issue = begin(site, slug, number, now=clock())
    if issue.state is State.SENT:
        return _outcome(site, issue, None)
    ledger = ledger_of(site, issue)
    audience = _plan(site, issue, ledger, clock())
    try:
        report = _conduct(site, issue, ledger, control)
        if report is None:
            most = processes or site.settings.sending.processes
            shares = shared_out(site.settings.relays, most, audience)
            report = _deliver(site, issue, shares, control)
        if report.refused_alike:
            take_back_alike(site, issue, report.refused_alike, clock())
    finally:
        report_rejections(site, issue, clock())
    return _outcome(site, finish(site, issue, ledger, clock()), report)


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
            note = StateNote(kind=StateReason.LATE, late_by=late)
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
            fix=f"to send it anyway, `newsletter approve {issue.name}` and send it",
        )
    return issue


def _plan(site: Site, issue: Issue, ledger: SqlLedger, now: datetime) -> int:
    """Plan the deliveries, unless that was done; returns how many there are.

    Takes in what dead senders left.
    """
    with site.database.transaction(read_only=True) as connection:
        audience = issue_store.audience_of(connection, issue)
    if not audience:  # else nobody need ask all readers again for their wishes
        audience = _plan_deliveries(site, issue, ledger, now)
    policy = site.newsletter(issue.newsletter).unknown
    if ledger.recover(now).unknown and policy != "hold":
        with site.database.transaction() as connection:
            settle_unknown(connection, issue_store.issue_id(connection, issue), policy, now)
    return audience


def _plan_deliveries(site: Site, issue: Issue, ledger: SqlLedger, now: datetime) -> int:
    """One delivery for each reader.

    Who began to follow other tags after the approval gets the complete edition: nothing is
    rendered after it.
    """
    with site.database.transaction(read_only=True) as connection:
        frozen = edition_store.frozen_editions(connection, issue)
        tag_selections = tag_selections_of(site, connection, issue.newsletter, now)
    number_of = {edition.key: number for number, edition in frozen.items()}
    complete = number_of[key_for(site, issue, "")]
    return ledger.plan(
        {
            follows: number_of.get(key_for(site, issue, follows), complete)
            for follows in tag_selections
        },
        complete,
        now,
    )


def _conduct(site: Site, issue: Issue, ledger: SqlLedger, control: RunControl) -> SendReport | None:
    """Have the sending nodes do it; None when there are none, or none any more."""
    if site.database.is_sqlite:
        return None
    # The queue takes long to import, and most sites have none.
    from newsletter.pipeline.send_by_nodes import send_by_nodes

    return send_by_nodes(site, issue, ledger, control)


def _deliver(
    site: Site,
    issue: Issue,
    shares: Sequence[Sequence[RelaySettings]],
    control: RunControl,
) -> SendReport:
    """Send by the first share of the relays here, by each further one in a process beside us."""
    own, *further = shares
    with worker_processes(site, issue, further, control) as others:

        def is_to_end() -> bool:
            if control.is_interrupted or others.look():
                others.stop()
                return True
            return False

        def part() -> SendReport:
            return asyncio.run(
                deliver(site, issue, relays=own, control=control, is_to_end=is_to_end)
            )

        reports = [part()]
        if reports[0].paused:
            others.stop()
        others.finish(lambda: control.is_interrupted)
        reports += others.reports
        if others.has_lost and not control.is_interrupted and not any(r.paused for r in reports):
            reports.append(part())
    return combined(reports)


def finish(site: Site, issue: Issue, ledger: SqlLedger, now: datetime) -> Issue:
    """Close the issue when its whole audience has come to an end (rule 2).

    What decides is the sum in the transaction that closes it: nobody can meanwhile have decided
    to send to some again.
    """
    with site.database.transaction(read_only=True) as connection:
        planned = issue_store.audience_of(connection, issue)
    if planned is not None and ledger.is_conserved(planned):  # else nobody is made to wait
        with site.database.transaction() as connection:
            newsletter_store.lock_newsletter(connection, issue.newsletter, now)
            current = issue_store.find_issue(connection, issue.newsletter, issue.number)
            here = issue_store.issue_id(connection, issue)
            if current.state is State.SENDING and is_conserved(connection, here, planned):
                issue_store.move(connection, current, State.SENT, send_finished_at=now)
    with site.database.transaction(read_only=True) as connection:
        return issue_store.find_issue(connection, issue.newsletter, issue.number)


def _outcome(site: Site, issue: Issue, report: SendReport | None) -> SendOutcome:
    counts = ledger_of(site, issue).counts()
    return SendOutcome(issue=issue, audience=sum(counts.values()), counts=counts, report=report)
