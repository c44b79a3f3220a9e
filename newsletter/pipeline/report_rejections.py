"""Records what relays said about readers' addresses during a send as bounces."""

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

PAGE_SIZE = 500
"""Rejections handled in one transaction."""


def report_rejections(site: Site, issue: Issue, now: datetime) -> int:
    """Record each rejection that is about a reader's address as a bounce; returns how many are new.

    Rejections are read from the ledger, so that none is missed if a send was killed. Each counts
    once for a reader and an issue, so that a reader who has subscribed again stays subscribed.
    """
    list_slug = site.newsletter(issue.newsletter).list
    with site.database.transaction(read_only=True) as connection:
        issue_id = issue_store.issue_id(connection, issue)
    reported, last = 0, 0
    while True:
        with site.database.transaction(read_only=True) as connection:
            found = rejections(connection, issue_id, after=last, limit=PAGE_SIZE)
        if not found:
            return reported
        last = found[-1].subscriber_id
        with site.database.transaction() as connection:
            reported += _record_bounces(connection, issue, list_slug, found, now)


def _record_bounces(
    connection: sa.Connection,
    issue: Issue,
    list_slug: str,
    found: Sequence[Rejection],
    now: datetime,
) -> int:
    new = 0
    recorded = _already_recorded(connection, list_slug, issue.number, found)
    for rejection in found:
        verdict = verdict_on(rejection)
        if verdict is None or rejection.subscriber_id in recorded:
            continue
        bounce = Bounce(
            subscriber_id=rejection.subscriber_id,
            list_slug=list_slug,
            number=issue.number,
            verdict=verdict,
            status=rejection.enhanced,
            reason=rejection.text,
        )
        sent = _attempted_numbers(connection, issue.newsletter, rejection.subscriber_id)
        note_bounce(connection, bounce, sent=sent, now=now)
        new += 1
    return new


def verdict_on(rejection: Rejection) -> Verdict | None:
    """What the relay's answer says about the address; None if it says nothing about it."""
    if says_address_is_bad(rejection.code, rejection.enhanced, rejection.text):
        return Verdict.HARD
    return Verdict.SOFT if says_mailbox_is_full(rejection.enhanced) else None


def _already_recorded(
    connection: sa.Connection, list_slug: str, number: int, found: Sequence[Rejection]
) -> set[int]:
    return set(
        connection.scalars(
            sa.select(bounces.c.subscriber_id).where(
                bounces.c.list_slug == list_slug,
                bounces.c.number == number,
                bounces.c.subscriber_id.in_([rejection.subscriber_id for rejection in found]),
            )
        )
    )


def _attempted_numbers(connection: sa.Connection, slug: str, subscriber_id: int) -> list[int]:
    """The numbers of the issues that a relay accepted or rejected for this reader."""
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
