"""The recipients of an issue by delivery state, and the issues of one reader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import Issue
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from newsletter.store.received_letters import letter_document, letters_of_reader
from newsletter.store.recipient_receipts import (
    Recipient,
    issues_of,
    received_document,
    recipients,
)
from subscribers import people
from subscribers.suppression_list import suppression_document, suppressions_of

PAGE_SIZE = 1_000
"""Recipients read in one transaction."""


def recipients_of(site: Site, issue: Issue, state: DeliveryState) -> Iterator[Recipient]:
    """Every recipient of the issue whose delivery is in `state`, with the last receipt."""
    last = 0
    while True:
        with site.database.transaction(read_only=True) as connection:
            issue_id = issue_store.issue_id(connection, issue)
            found = recipients(connection, issue_id, state, after=last, limit=PAGE_SIZE)
        yield from found
        if len(found) < PAGE_SIZE:
            return
        last = found[-1].subscriber_id


def show_person(connection: sa.Connection, address: str) -> dict[str, Any]:
    """Everything known about one person, with the delivery of every issue and dated letter.

    Raises AddressError and UnknownSubscriberError.
    """
    known = people.show(connection, address)
    person = people.find(connection, address)
    issues = [received_document(delivery) for delivery in issues_of(connection, person.id)]
    suppressions = [
        suppression_document(entry) for entry in suppressions_of(connection, person.address)
    ]
    letters = [letter_document(letter) for letter in letters_of_reader(connection, person.id)]
    return {**known, "suppressions": suppressions, "issues": issues, "dated_letters": letters}
