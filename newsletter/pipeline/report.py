"""report: the progress and outcome of a send; close: give up the rest of a stopped send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.delivery.receipt import FINAL_STATES, DeliveryState
from newsletter.delivery.relay_trouble import RelayTrouble
from newsletter.errors import NotPermittedError, TemporaryError
from newsletter.issues.issue import Issue, State
from newsletter.issues.reasons import StateNote, StateReason
from newsletter.pipeline.deliver import ledger_of
from newsletter.site.clicks import Clicks, clicks_of
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from newsletter.store import report as report_store
from newsletter.store.audit import record
from newsletter.store.ledger import Wave, counts_of, expire_rest, waves_of
from newsletter.store.relay_troubles import troubles_since
from newsletter.store.report import RefusalReason

IN_HAND = (DeliveryState.CLAIMED, DeliveryState.TRANSMITTING)

AFTERWARDS = timedelta(days=7)
"""How long after the send unsubscriptions are attributed to the issue."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SendProgress:
    """The progress of a send. `audience` is None before the send is planned."""

    state: State
    audience: int | None
    counts: Mapping[DeliveryState, int]
    started: datetime | None

    @property
    def settled(self) -> int:
        """How many deliveries have ended."""
        return sum(self.counts.get(state, 0) for state in FINAL_STATES)

    @property
    def on_their_way(self) -> int:
        """How many deliveries a sender has in its hands."""
        return sum(self.counts.get(state, 0) for state in IN_HAND)

    @property
    def is_conserved(self) -> bool:
        """Whether the ended deliveries add up to the audience (rule 2)."""
        return self.audience is not None and self.settled == self.audience


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueReport:
    """Everything known about a send; `left` counts unsubscriptions by way.

    `troubles` are the relays that cannot be used at the moment, `next_retry` is when the first
    deferred message is tried again. `clicks` is None if the issue's clicks are not counted. `waves`
    are its deliveries by the hour of their readers' day, none if all go at once.
    """

    issue: Issue
    progress: SendProgress
    domains: Mapping[str, Mapping[DeliveryState, int]]
    reasons: Sequence[RefusalReason]
    acceptances: Sequence[tuple[datetime, int]]
    left: Mapping[str, int]
    troubles: Sequence[RelayTrouble]
    next_retry: datetime | None
    clicks: Clicks | None
    waves: Sequence[Wave]


def progress(site: Site, issue: Issue) -> SendProgress:
    """The progress of the issue's send at this moment."""
    with site.database.transaction(read_only=True) as connection:
        return _progress(connection, issue)


def _progress(connection: sa.Connection, issue: Issue) -> SendProgress:
    _approved, started = issue_store.send_times(connection, issue)
    return SendProgress(
        state=issue_store.state_of(connection, issue),
        audience=issue_store.audience_of(connection, issue),
        counts=counts_of(connection, issue_store.issue_id(connection, issue)),
        started=started,
    )


def report(site: Site, issue: Issue) -> IssueReport:
    """The report of the issue, from the ledger and the receipts as they are at one moment."""
    with site.database.transaction(read_only=True) as connection:
        number = issue_store.issue_id(connection, issue)
        current = issue_store.find_issue(connection, issue.newsletter, issue.number)
        now = _progress(connection, issue)
        started = now.started
        left: Mapping[str, int] = {}
        if started is not None:
            left = report_store.leavings(
                connection, site.newsletter(issue.newsletter).list, started, started + AFTERWARDS
            )
        is_open = current.state is not State.SENT
        return IssueReport(
            issue=current,
            progress=now,
            domains=report_store.outcomes_by_domain(connection, number),
            reasons=report_store.reasons(connection, number),
            acceptances=report_store.acceptances(connection, number),
            left=left,
            troubles=troubles_since(connection, started) if is_open and started else (),
            next_retry=report_store.next_retry(connection, number) if is_open else None,
            clicks=clicks_of(connection, issue),
            waves=waves_of(connection, number),
        )


def close(site: Site, slug: str, number: int, *, editor: str, now: datetime) -> int:
    """Give up the rest of a stopped send; returns how many messages that is.

    Closing again changes nothing. Raises NotPermittedError for an issue that is not stopped,
    TemporaryError while a sender still holds some of its deliveries.
    """
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, slug, number)
    if issue.state is State.SENT:
        return 0
    if issue.state is not State.STOPPED:
        raise NotPermittedError(
            f"{issue.name} is {issue.state}, not stopped", fix="stop the issue first"
        )
    ledger = ledger_of(site, issue)
    ledger.recover(now)
    counts = ledger.counted()
    if counts[DeliveryState.CLAIMED] or counts[DeliveryState.TRANSMITTING]:
        raise TemporaryError(f"{issue.name} is still being stopped", fix="try again in a moment")
    with site.database.transaction() as connection:
        given_up = expire_rest(connection, issue_store.issue_id(connection, issue), now)
        issue_store.move(
            connection,
            issue,
            State.SENT,
            note=StateNote(kind=StateReason.CLOSED_UNSENT, count=given_up),
            send_finished_at=now,
        )
        detail = f"{issue.name}: {given_up} unsent"
        record(connection, who=editor, what="close", detail=detail, now=now)
    return given_up
