"""Who got an issue and who did not, read page by page; what is known of one reader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import Issue
from newsletter.pipeline.site import Site
from newsletter.store import issues as issue_store
from newsletter.store.recipients import Recipient, issues_of, recipients
from subscribers import people

AT_ONCE = 1_000
"""Recipients read in one transaction."""


def recipients_of(site: Site, issue: Issue, state: DeliveryState) -> Iterator[Recipient]:
    """Every recipient of the issue whose delivery stands so, with the last receipt."""
    last = 0
    while True:
        with site.database.transaction(read_only=True) as connection:
            issue_id = issue_store.issue_id(connection, issue)
            found = recipients(connection, issue_id, state, after=last, limit=AT_ONCE)
        yield from found
        if len(found) < AT_ONCE:
            return
        last = found[-1].subscriber_id


def show_person(connection: sa.Connection, address: str) -> dict[str, Any]:
    """Everything known of one person, with every issue and what became of it.

    Raises AddressError and UnknownSubscriberError.
    """
    known = people.show(connection, address)
    person = people.find(connection, address)
    issues = [
        {**asdict(one), "at": one.at.isoformat() if one.at else None}
        for one in issues_of(connection, person.id)
    ]
    return {**known, "issues": issues}
