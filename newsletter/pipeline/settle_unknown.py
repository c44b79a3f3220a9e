"""unknown: deliveries whose outcome is unknown after a crash, and what to do about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from newsletter.errors import NotPermittedError
from newsletter.issues.issue import State
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from newsletter.store import newsletters as newsletter_store
from newsletter.store.ledger import settle_unknown, unknown_rows
from subscribers.people import get


def unknown_deliveries(site: Site, slug: str, number: int | None) -> list[dict[str, Any]]:
    """The readers who may or may not have got the issue, and since when this is unknown."""
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, slug, number)
        rows = unknown_rows(connection, issue_store.issue_id(connection, issue))
        people = {row.subscriber_id: get(connection, row.subscriber_id) for row in rows}
    return [
        {
            "subscriber": row.subscriber_id,
            "address": person.address if (person := people[row.subscriber_id]) else "",
            "since": row.since.isoformat(),
        }
        for row in rows
    ]


def settle(
    site: Site,
    slug: str,
    number: int | None,
    *,
    choice: Literal["resend", "skip"],
    now: datetime,
) -> int:
    """Resend the unknown deliveries or give them up; returns how many.

    A resend moves a sent issue back to `sending`. Raises NotPermittedError for an issue that has
    not been sent.
    """
    with site.database.transaction() as connection:
        newsletter_store.lock_newsletter(connection, slug, now)
        issue = issue_store.find_issue(connection, slug, number)
        if issue.state not in {State.SENDING, State.STOPPED, State.SENT}:
            raise NotPermittedError(f"{issue.name} has not been sent")
        issue_id = issue_store.issue_id(connection, issue)
        settled = settle_unknown(connection, issue_id, choice, now)
        if settled and choice == "resend" and issue.state is State.SENT:
            issue_store.move(connection, issue, State.SENDING)
    return settled
