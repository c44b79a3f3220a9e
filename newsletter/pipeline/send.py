"""send: deliver an approved issue, or resume an interrupted send."""

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
from newsletter.pipeline.processes import divide_connections, worker_processes
from newsletter.pipeline.report_rejections import report_rejections
from newsletter.pipeline.retry import take_back_alike
from newsletter.site.editions import fitting_key, groups_of, public_group
from newsletter.site.readers_hour import mornings_of
from newsletter.site.site import Site
from newsletter.store import editions as edition_store
from newsletter.store import issues as issue_store
from newsletter.store import newsletters as newsletter_store
from newsletter.store.ledger import SqlLedger, Waiting, is_conserved, settle_unknown, waiting


@dataclass(frozen=True, kw_only=True, slots=True)
class SendOutcome:
    """The state of the issue after a send; `report` is None if there was nothing to do.

    `waiting` are the deliveries that go at a later hour of their readers' day.
    """

    issue: Issue
    audience: int
    counts: Mapping[DeliveryState, int]
    report: SendReport | None
    waiting: Waiting | None


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
    """Deliver the issue to its whole audience, to each reader once.

    What goes at a later hour of its readers' day waits for a later call. An interrupted send is
    resumed. If there are sending nodes, they deliver; otherwise `processes` processes do, by default
    as many as the setting sending.processes. `progress` is called with the number of deliveries that
    have ended since its last call. Raises ConfigurationError if there is no relay, and
    NotPermittedError for an issue that is not approved, for one that is later than max_lateness
    (which is then held), and for a site that was restored from a backup and is not armed.
    """
    control = RunControl(clock=clock, interrupted=interrupted, progress=progress)
    issue = begin(site, slug, number, now=clock())
    if issue.state is State.SENT:
        return _outcome(site, issue, None, clock())
    ledger = ledger_of(site, issue)
    audience = _plan(site, issue, ledger, clock())
    waits = waiting_of(site, issue, clock())
    if waits is not None and _is_all(ledger, waits, clock()):
        return _outcome(site, issue, None, clock())
    try:
        report = _send_by_nodes(site, issue, ledger, control)
        if report is None:
            most = processes or site.settings.sending.processes
            may_go = audience - (waits.count if waits else 0)
            shares = divide_connections(site.settings.relays, most, may_go)
            report = _send_by_processes(site, issue, shares, control)
        if report.refused_alike:
            take_back_alike(site, issue, report.refused_alike, clock())
    finally:
        report_rejections(site, issue, clock())
    return _outcome(site, finish(site, issue, ledger, clock()), report, clock())


def begin(site: Site, slug: str, number: int | None, *, now: datetime) -> Issue:
    """Move the issue to `sending`, claim its articles and advance the watermark in one transaction.

    Raises as `send` does.
    """
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
    if too_late:  # raised only after the commit, so that the issue stays held
        raise NotPermittedError(
            f"{issue.name} is late by {late} and is now held",
            field=f"newsletters.{slug}.max_lateness",
            fix=f"to send it anyway, `newsletter approve {issue.name}` and send it",
        )
    return issue


def _plan(site: Site, issue: Issue, ledger: SqlLedger, now: datetime) -> int:
    """Plan the deliveries unless they are planned already; returns how many there are.

    Also recovers the deliveries that dead senders left behind.
    """
    with site.database.transaction(read_only=True) as connection:
        audience = issue_store.audience_of(connection, issue)
    if not audience:  # a planned issue needs no second query of all readers' tags
        audience = _plan_deliveries(site, issue, ledger, now)
    policy = site.newsletter(issue.newsletter).unknown
    if ledger.recover(now).unknown and policy != "hold":
        with site.database.transaction() as connection:
            settle_unknown(connection, issue_store.issue_id(connection, issue), policy, now)
    return audience


def _plan_deliveries(site: Site, issue: Issue, ledger: SqlLedger, now: datetime) -> int:
    """Plan one delivery for each reader.

    A reader who has chosen other tags since the approval may get all articles, because no edition
    is rendered after the approval. A reader for whom the issue has no section gets none.
    """
    with site.database.transaction(read_only=True) as connection:
        frozen = edition_store.frozen_editions(connection, issue)
        groups = groups_of(site, connection, issue, now)
        _approved, started = issue_store.send_times(connection, issue)
    number_of = {edition.key: number for number, edition in frozen.items()}
    keys = {group: fitting_key(site, issue, number_of, group) for group in groups}
    public = fitting_key(site, issue, number_of, public_group(site, issue))
    return ledger.plan(
        {group: number_of[key] for group, key in keys.items() if key is not None},
        number_of[public] if public is not None else None,
        now,
        mornings_of(site, issue.newsletter, start=min(issue.goes_out, started or now)),
    )


def _is_all(ledger: SqlLedger, waits: Waiting, now: datetime) -> bool:
    """Whether nothing else is to do before the readers' hour, or the time of a retry."""
    counts = ledger.counts()
    in_hand = counts[DeliveryState.CLAIMED] + counts[DeliveryState.TRANSMITTING]
    if in_hand or counts[DeliveryState.PENDING] != waits.count:
        return False
    retry = ledger.next_retry() if counts[DeliveryState.DEFERRED] else None
    return retry is None or retry > now


def _send_by_nodes(
    site: Site, issue: Issue, ledger: SqlLedger, control: RunControl
) -> SendReport | None:
    """Have the sending nodes send the issue; None if there are no nodes, or none any more."""
    if site.database.is_sqlite:
        return None
    # The queue is slow to import, and most sites do not use it.
    from newsletter.pipeline.send_by_nodes import send_by_nodes

    return send_by_nodes(site, issue, ledger, control)


def _send_by_processes(
    site: Site,
    issue: Issue,
    shares: Sequence[Sequence[RelaySettings]],
    control: RunControl,
) -> SendReport:
    """Send with the first share of the relays here, and with each other in a worker process."""
    own, *rest = shares
    with worker_processes(site, issue, rest, control) as workers:

        def must_end() -> bool:
            if control.is_interrupted or workers.poll():
                workers.stop()
                return True
            return False

        def deliver_own_share() -> SendReport:
            return asyncio.run(deliver(site, issue, relays=own, control=control, must_end=must_end))

        reports = [deliver_own_share()]
        if reports[0].paused:
            workers.stop()
        workers.finish(lambda: control.is_interrupted)
        reports += workers.reports
        if workers.has_lost and not control.is_interrupted and not any(r.paused for r in reports):
            reports.append(deliver_own_share())
    return combined(reports)


def finish(site: Site, issue: Issue, ledger: SqlLedger, now: datetime) -> Issue:
    """Close the issue when the deliveries to its whole audience have ended (rule 2).

    The sum is checked again in the transaction that closes the issue, because somebody may have
    decided to resend some deliveries meanwhile.
    """
    with site.database.transaction(read_only=True) as connection:
        planned = issue_store.audience_of(connection, issue)
    if planned is not None and ledger.is_conserved(planned):  # take the lock only if it is likely
        with site.database.transaction() as connection:
            newsletter_store.lock_newsletter(connection, issue.newsletter, now)
            current = issue_store.find_issue(connection, issue.newsletter, issue.number)
            issue_id = issue_store.issue_id(connection, issue)
            if current.state is State.SENDING and is_conserved(connection, issue_id, planned):
                issue_store.move(connection, current, State.SENT, send_finished_at=now)
    with site.database.transaction(read_only=True) as connection:
        return issue_store.find_issue(connection, issue.newsletter, issue.number)


def waiting_of(site: Site, issue: Issue, now: datetime) -> Waiting | None:
    """What waits for a later hour of its readers' day; None if nothing does."""
    with site.database.transaction(read_only=True) as connection:
        return waiting(connection, issue_store.issue_id(connection, issue), now)


def _outcome(site: Site, issue: Issue, report: SendReport | None, now: datetime) -> SendOutcome:
    counts = ledger_of(site, issue).counts()
    return SendOutcome(
        issue=issue,
        audience=sum(counts.values()),
        counts=counts,
        report=report,
        waiting=waiting_of(site, issue, now) if issue.state is not State.SENT else None,
    )
