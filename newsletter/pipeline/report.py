"""report: what became of an issue, while it is sent and after; close: give up what is left of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.delivery.receipt import FINAL_STATES, DeliveryState
from newsletter.errors import NotPermittedError, TemporaryError
from newsletter.issues.issue import Issue, State
from newsletter.issues.reasons import Note, StateReason
from newsletter.pipeline.clicks import Clicks, clicks_of
from newsletter.pipeline.deliver import ledger_of
from newsletter.pipeline.site import Site
from newsletter.store import issues as issue_store
from newsletter.store import report as report_store
from newsletter.store.audit import record
from newsletter.store.ledger import expire_rest
from newsletter.store.report import Reason

AFTERWARDS = timedelta(days=7)
"""For how long what readers do is put down to the issue."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """Where a send stands. `audience` is None before it is planned."""

    state: State
    audience: int | None
    counts: Mapping[DeliveryState, int]
    started: datetime | None

    @property
    def settled(self) -> int:
        """Deliveries that have come to an end."""
        return sum(self.counts.get(state, 0) for state in FINAL_STATES)

    @property
    def is_conserved(self) -> bool:
        """Rule 2: the sum of all ends is the audience."""
        return self.audience is not None and self.settled == self.audience


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """All that is known of a send; `left` counts unsubscriptions by the way they came.

    `clicks` is None where they are not counted.
    """

    issue: Issue
    progress: Progress
    domains: Mapping[str, Mapping[DeliveryState, int]]
    reasons: Sequence[Reason]
    acceptances: Sequence[tuple[datetime, int]]
    left: Mapping[str, int]
    clicks: Clicks | None


def progress(site: Site, issue: Issue) -> Progress:
    """The counts of this moment."""
    counts = ledger_of(site, issue).counts()
    with site.database.transaction(read_only=True) as connection:
        now = issue_store.find_issue(connection, issue.newsletter, issue.number)
        _approved, started = issue_store.send_times(connection, issue)
        audience = issue_store.audience_of(connection, issue)
    return Progress(state=now.state, audience=audience, counts=counts, started=started)


def report(site: Site, issue: Issue) -> Report:
    """The books of the issue, read out."""
    now = progress(site, issue)
    with site.database.transaction(read_only=True) as connection:
        number = issue_store.issue_id(connection, issue)
        left: Mapping[str, int] = {}
        if now.started is not None:
            left = report_store.leavings(
                connection,
                site.newsletter(issue.newsletter).list,
                now.started,
                now.started + AFTERWARDS,
            )
        return Report(
            issue=issue_store.find_issue(connection, issue.newsletter, issue.number),
            progress=now,
            domains=report_store.outcomes_by_domain(connection, number),
            reasons=report_store.reasons(connection, number),
            acceptances=report_store.acceptances(connection, number),
            left=left,
            clicks=clicks_of(connection, issue),
        )


def close(site: Site, slug: str, number: int, *, editor: str, now: datetime) -> int:
    """Give up what a stopped send has left; how many messages that is. Closing twice is once.

    Raises NotPermittedError for an issue that is not stopped, TemporaryError while a sender
    still holds some of it.
    """
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, slug, number)
    if issue.state is State.SENT:
        return 0
    if issue.state is not State.STOPPED:
        raise NotPermittedError(
            f"{issue.name} is {issue.state}, not stopped", fix="stop the presses first"
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
            note=Note(kind=StateReason.CLOSED_UNSENT, count=given_up),
            send_finished_at=now,
        )
        detail = f"{issue.name}: {given_up} unsent"
        record(connection, who=editor, what="close", detail=detail, now=now)
    return given_up
