"""What a relay said of readers' addresses while we talked to it counts as a bounce."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import Issue
from newsletter.pipeline.correspondence import issues_sent
from newsletter.pipeline.site import Site
from newsletter.store import issues as issue_store
from newsletter.store.tables import deliveries, receipts
from subscribers.bounces import note_bounce
from subscribers.inbound.verdict import Verdict, status_verdict


def note_rejections(site: Site, issue: Issue, now: datetime) -> int:
    """Count the final refusals that are about an address; how many subscriptions ended.

    Only where the enhanced status code says so (RFC 3463): a bare 550 may mean anything.
    """
    list_slug = site.newsletter(issue.newsletter).list
    ended = 0
    with site.database.transaction() as connection:
        number = issue_store.issue_id(connection, issue)
        refused = connection.execute(
            sa.select(receipts.c.subscriber_id, receipts.c.enhanced, receipts.c.text)
            .join(
                deliveries,
                sa.and_(
                    deliveries.c.issue_id == receipts.c.issue_id,
                    deliveries.c.subscriber_id == receipts.c.subscriber_id,
                ),
            )
            .where(
                receipts.c.issue_id == number,
                receipts.c.state == DeliveryState.REJECTED,
                deliveries.c.state == DeliveryState.REJECTED,
                receipts.c.enhanced != "",
            )
        ).all()
        for row in refused:
            verdict = status_verdict(row.enhanced)
            if verdict not in (Verdict.HARD, Verdict.SOFT):
                continue
            sent = [*issues_sent(site, connection, row.subscriber_id, list_slug), issue.number]
            ended += len(
                note_bounce(
                    connection,
                    subscriber_id=row.subscriber_id,
                    list_slug=list_slug,
                    number=issue.number,
                    verdict=verdict,
                    sent=sent,
                    now=now,
                    status=row.enhanced,
                    reason=row.text,
                )
            )
    return ended
