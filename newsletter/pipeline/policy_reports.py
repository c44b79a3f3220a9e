"""Reports that a receiver refuses an issue because of its policy: enough of them stop the issue."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.errors import UnknownNameError
from newsletter.issues.issue import Issue, State
from newsletter.issues.reasons import StateNote, StateReason
from newsletter.pipeline.correspondence import tell_operator
from newsletter.site.lists import newsletters_of
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from newsletter.store.ledger import counts_of
from subscribers.bounces import policy_reports
from subscribers.inbound.context import Action, Done
from subscribers.inbound.policy import RECENT, PolicyReports, are_enough


def weigh_policy_report(site: Site, connection: sa.Connection, done: Done, now: datetime) -> Done:
    """If there are enough reports, stop the rest of the issue and tell the operators.

    Otherwise the report is kept, with a problem that says how many there are, and nothing stops.
    """
    assert done.policy is not None  # noqa: S101 - narrows: the caller checked
    list_slug, number = done.policy
    issues = _issues(site, connection, list_slug, number)
    reports_by_issue = [
        (issue, _reports(site, connection, issue, list_slug, now)) for issue in issues
    ]
    refused = [issue for issue, reports in reports_by_issue if are_enough(reports, _share(site))]
    if not refused:
        so_far = max((reports.readers for _, reports in reports_by_issue), default=1)
        problem = f"refused by policy ({so_far} so far, too few to stop the issue): {done.reason}"
        return replace(done, keep=True, problem=problem)
    for issue in refused:
        if issue.state is State.SENDING:
            note = StateNote(kind=StateReason.REFUSED_BY_POLICY, text=done.reason)
            issue_store.move(connection, issue, State.STOPPED, note=note)
    names = " or ".join(issue.name for issue in refused)
    tell_operator(site, connection, list_slug, names, done.reason, now)
    return replace(done, action=Action.STOP)


def _issues(site: Site, connection: sa.Connection, list_slug: str, number: int) -> list[Issue]:
    """The issues with this number that were sent to the list: several if newsletters share it."""
    issues = []
    for slug in newsletters_of(site.settings, list_slug):
        try:
            issues.append(issue_store.find_issue(connection, slug, number))
        except UnknownNameError:
            continue
    return issues


def _reports(
    site: Site, connection: sa.Connection, issue: Issue, list_slug: str, now: datetime
) -> PolicyReports:
    readers, domains = policy_reports(connection, list_slug, issue.number, now - RECENT)
    # The stored counts, because counting a large issue's receipts is slow.
    counts = counts_of(connection, issue_store.issue_id(connection, issue))
    accepted = counts.get(DeliveryState.ACCEPTED, 0)
    return PolicyReports(readers=readers, domains=domains, accepted=accepted)


def _share(site: Site) -> float:
    return site.settings.sending.pause_share
