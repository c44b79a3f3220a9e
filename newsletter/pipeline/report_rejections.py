"""What relays said about readers' addresses during a send, told to the subscribers' house."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.classify import says_address_is_bad, says_mailbox_is_full
from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import Issue
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from newsletter.store.rejections import Rejection, rejections
from newsletter.store.tables import deliveries, issues
from subscribers.bounces import Bounce, note_bounce
from subscribers.inbound.verdict import Verdict
from subscribers.tables import bounces

AT_ONCE = 500
"""Rejections looked at in one transaction."""


def report_rejections(site: Site, issue: Issue, now: datetime) -> int:
    """Count each rejection that speaks of a reader's address as a bounce; how many were new.

    Read from the books, so that nothing is missed when a send was killed, and counted once per
    reader and issue: whoever came back since stays.
    """
    list_slug = site.newsletter(issue.newsletter).list
    with site.database.transaction(read_only=True) as connection:
        issue_id = issue_store.issue_id(connection, issue)
    reported, last = 0, 0
    while True:
        with site.database.transaction(read_only=True) as connection:
            found = rejections(connection, issue_id, after=last, limit=AT_ONCE)
        if not found:
            return reported
        last = found[-1].subscriber_id
        with site.database.transaction() as connection:
            reported += _count(connection, issue, list_slug, found, now)


def _count(
    connection: sa.Connection,
    issue: Issue,
    list_slug: str,
    found: Sequence[Rejection],
    now: datetime,
) -> int:
    counted = 0
    known = _known(connection, list_slug, issue.number, found)
    for rejection in found:
        verdict = verdict_on(rejection)
        if verdict is None or rejection.subscriber_id in known:
            continue
        bounce = Bounce(
            subscriber_id=rejection.subscriber_id,
            list_slug=list_slug,
            number=issue.number,
            verdict=verdict,
            status=rejection.enhanced,
            reason=rejection.text,
        )
        sent = _handed_over(connection, issue.newsletter, rejection.subscriber_id)
        note_bounce(connection, bounce, sent=sent, now=now)
        counted += 1
    return counted


def verdict_on(rejection: Rejection) -> Verdict | None:
    """What the relay's words say about the address; None where they say nothing about it."""
    if says_address_is_bad(rejection.code, rejection.enhanced, rejection.text):
        return Verdict.HARD
    return Verdict.SOFT if says_mailbox_is_full(rejection.enhanced) else None


def _known(
    connection: sa.Connection, list_slug: str, number: int, found: Sequence[Rejection]
) -> set[int]:
    return set(
        connection.scalars(
            sa.select(bounces.c.subscriber_id).where(
                bounces.c.list_slug == list_slug,
                bounces.c.number == number,
                bounces.c.subscriber_id.in_([one.subscriber_id for one in found]),
            )
        )
    )


def _handed_over(connection: sa.Connection, slug: str, subscriber_id: int) -> list[int]:
    """The issues that a relay took for this reader, or refused."""
    return list(
        connection.scalars(
            sa.select(issues.c.number)
            .join(deliveries, deliveries.c.issue_id == issues.c.id)
            .where(
                issues.c.newsletter == slug,
                deliveries.c.subscriber_id == subscriber_id,
                deliveries.c.state.in_([DeliveryState.ACCEPTED, DeliveryState.REJECTED]),
            )
        )
    )
