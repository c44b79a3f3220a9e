"""Reports that a receiver refuses an issue on policy: counted, and weighed before anything stops."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.errors import UnknownNameError
from newsletter.issues.issue import Issue, State
from newsletter.issues.reasons import Note, StateReason
from newsletter.pipeline.correspondence import tell_operator
from newsletter.pipeline.lists import newsletters_of
from newsletter.pipeline.site import Site
from newsletter.store import issues as issue_store
from newsletter.store.ledger import counts_of
from subscribers.bounces import policy_reports
from subscribers.inbound.office import Action, Done
from subscribers.inbound.policy import RECENT, PolicyReports, are_enough


def weigh_policy_report(site: Site, connection: sa.Connection, done: Done, now: datetime) -> Done:
    """Stop what is not sent yet of the issue, and tell the operators, if the reports are enough.

    Until then the report is kept, its problem says how far the evidence goes, and nothing stops.
    """
    assert done.policy is not None  # noqa: S101 - narrows: the caller looked
    list_slug, number = done.policy
    issues = _issues(site, connection, list_slug, number)
    found = [(issue, _reports(site, connection, issue, list_slug, now)) for issue in issues]
    refused = [issue for issue, reports in found if are_enough(reports, _share(site))]
    if not refused:
        so_far = max((reports.readers for _, reports in found), default=1)
        said = f"refused by policy ({so_far} so far, too few to stop the issue): {done.reason}"
        return replace(done, keep=True, problem=said)
    for issue in refused:
        if issue.state is State.SENDING:
            note = Note(kind=StateReason.REFUSED_BY_POLICY, text=done.reason)
            issue_store.move(connection, issue, State.STOPPED, note=note)
    names = " or ".join(issue.name for issue in refused)
    tell_operator(site, connection, list_slug, names, done.reason, now)
    return replace(done, action=Action.STOP)


def _issues(site: Site, connection: sa.Connection, list_slug: str, number: int) -> list[Issue]:
    """The issues of this number that went to the list: one, unless newsletters share it."""
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
    # The kept counts: a large issue's receipts would have to be read through.
    counts = counts_of(connection, issue_store.issue_id(connection, issue))
    accepted = counts.get(DeliveryState.ACCEPTED, 0)
    return PolicyReports(readers=readers, domains=domains, accepted=accepted)


def _share(site: Site) -> float:
    return site.settings.sending.pause_share
