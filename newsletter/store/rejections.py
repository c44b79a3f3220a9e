"""The deliveries of an issue that relays refused permanently, with their replies."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.store.tables import deliveries, receipts


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejection:
    """One reader's rejected delivery, with the last receipt."""

    subscriber_id: int
    code: int
    enhanced: str
    text: str


def rejections(
    connection: sa.Connection, issue_id: int, *, after: int, limit: int
) -> list[Rejection]:
    """Up to `limit` rejections, ordered by subscriber id, with ids above `after`."""
    theirs = receipts.alias()
    last = (
        sa.select(sa.func.max(theirs.c.id))
        .where(theirs.c.issue_id == issue_id, theirs.c.subscriber_id == deliveries.c.subscriber_id)
        .correlate(deliveries)
        .scalar_subquery()
    )
    rows = connection.execute(
        sa.select(deliveries.c.subscriber_id, receipts.c.code, receipts.c.enhanced, receipts.c.text)
        .select_from(deliveries)
        .join(receipts, receipts.c.id == last)
        .where(
            deliveries.c.issue_id == issue_id,
            deliveries.c.state == DeliveryState.REJECTED,
            deliveries.c.retry_at.is_(None),  # always true: lets the index give the order
            deliveries.c.subscriber_id > after,
        )
        .order_by(deliveries.c.subscriber_id)
        .limit(limit)
    )
    return [Rejection(**row._mapping) for row in rows]
