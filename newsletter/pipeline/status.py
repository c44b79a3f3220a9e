"""status: the state of the site, its issues, nodes, letters and jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import Issue, State
from newsletter.issues.reasons import FailedSource
from newsletter.site.clicks import Clicks, clicks_of
from newsletter.site.failed_sources import failed_sources
from newsletter.site.occasions import due_now
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from newsletter.store import newsletters as newsletter_store
from newsletter.store.dated_letters import DatedLetter, ReaderCounts, counts_by_letter
from newsletter.store.job_outcomes import JobOutcome, last_outcomes
from newsletter.store.ledger import (
    DeliveryCounts,
    Waiting,
    Wave,
    counts_of,
    counts_of_all,
    recount,
    waiting,
    waves_of,
)
from newsletter.store.nodes import Node, living_nodes
from newsletter.store.outbox import LetterCounts, count_letters


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueStatus:
    """One issue with the counts of its ledger; `clicks` is None if they are not counted.

    `waiting` are the deliveries of an unfinished send that go at a later hour of their readers' day.
    `waves` are all by that hour, for an issue that is asked for alone.
    """

    issue: Issue
    audience: int
    deliveries: dict[DeliveryState, int]
    clicks: Clicks | None
    waiting: Waiting | None
    waves: tuple[Wave, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteStatus:
    """Every issue, the newsletters that are due, whether the site may send, and its nodes.

    `jobs` is the last outcome of each of the site's jobs, `failed_sources` has the sources of each
    newsletter that cannot be read, and `dated_letters` are its letters to new readers.
    """

    issues: tuple[IssueStatus, ...]
    due: tuple[str, ...]
    armed: bool
    nodes: tuple[Node, ...]
    letters: LetterCounts
    jobs: tuple[JobOutcome, ...]
    failed_sources: Mapping[str, tuple[FailedSource, ...]]
    dated_letters: tuple[tuple[DatedLetter, ReaderCounts], ...] = ()


def site_status(site: Site, *, now: datetime) -> SiteStatus:
    """The state of all newsletters at `now`; changes nothing."""
    with site.database.transaction(read_only=True) as connection:
        issues = issue_store.all_issues(connection)
        due = tuple(
            slug
            for slug in site.settings.newsletters
            if due_now(site, connection, slug, now) is not None
        )
        armed = newsletter_store.is_armed(connection)
        counts_by_issue = counts_of_all(connection)
        letters = count_letters(connection)
        dated = tuple(counts_by_letter(connection, list(site.settings.newsletters)))
        found = tuple(
            _status(connection, issue, counts_by_issue[issue.newsletter, issue.number], now)
            for issue in issues
            if issue.newsletter in site.settings.newsletters
        )
        jobs = tuple(last_outcomes(connection))
        failed = {
            slug: failed_sources(site, connection, slug) for slug in site.settings.newsletters
        }
    return SiteStatus(
        issues=found,
        due=due,
        armed=armed,
        nodes=tuple(living_nodes(site.database)),
        letters=letters,
        jobs=jobs,
        failed_sources=failed,
        dated_letters=dated,
    )


def issue_status(site: Site, issue: Issue, *, now: datetime, alone: bool = True) -> IssueStatus:
    """The issue with its deliveries by state; `alone` also by the hour of their readers' day."""
    with site.database.transaction(read_only=True) as connection:
        number = issue_store.issue_id(connection, issue)
        counts = DeliveryCounts(
            audience=issue_store.audience_of(connection, issue),
            deliveries=counts_of(connection, number),
        )
        status = _status(connection, issue, counts, now)
        return replace(status, waves=waves_of(connection, number)) if alone else status


def recount_deliveries(site: Site, issue: Issue) -> None:
    """Count the issue's deliveries again, row by row, and replace the stored counts."""
    with site.database.transaction() as connection:
        recount(connection, issue_store.issue_id(connection, issue))


def _status(
    connection: sa.Connection, issue: Issue, counts: DeliveryCounts, now: datetime
) -> IssueStatus:
    waits = None
    if issue.state in (State.SENDING, State.STOPPED):
        waits = waiting(connection, issue_store.issue_id(connection, issue), now)
    return IssueStatus(
        issue=issue,
        audience=counts.audience or 0,
        deliveries=dict(counts.deliveries),
        clicks=clicks_of(connection, issue),
        waiting=waits,
    )
