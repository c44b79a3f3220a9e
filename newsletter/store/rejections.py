"""The deliveries of an issue that relays refused for good, with their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.store.ledger.counts import FOLDED, Changes
from newsletter.store.ledger.rows import keep_receipts
from newsletter.store.tables import deliveries, receipts


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejection:
    """One reader's, with the last receipt."""

    subscriber_id: int
    code: int
    enhanced: str
    text: str


def rejections(
    connection: sa.Connection, issue_id: int, *, after: int, limit: int
) -> list[Rejection]:
    """Up to `limit` of them, in the order of subscribers' ids, from beyond `after`."""
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
            deliveries.c.retry_at.is_(None),  # always so: with it the index gives them in order
            deliveries.c.subscriber_id > after,
        )
        .order_by(deliveries.c.subscriber_id)
        .limit(limit)
    )
    return [Rejection(**row._mapping) for row in rows]


def make_pending(
    connection: sa.Connection,
    issue_id: int,
    rejected: Sequence[Rejection],
    now: datetime,
    *,
    said: str,
    by_a_person: bool,
) -> int:
    """Make rejected deliveries pending again, each with a note of that; how many.

    The note keeps the reply's code, unless a person decided: so that a claim knows whether its
    delivery was refused before.
    """
    moved = set(
        connection.scalars(
            sa.update(deliveries)
            .where(
                deliveries.c.issue_id == issue_id,
                deliveries.c.subscriber_id.in_([one.subscriber_id for one in rejected]),
                deliveries.c.state == DeliveryState.REJECTED,
            )
            .values(state=DeliveryState.PENDING, sender=None)
            .returning(deliveries.c.subscriber_id)
        )
    )
    changes = Changes()
    changes.move(DeliveryState.REJECTED, DeliveryState.PENDING, len(moved))
    notes = [
        Receipt(
            subscriber_id=one.subscriber_id,
            state=DeliveryState.PENDING,
            at=now,
            relay="",
            code=0 if by_a_person else one.code,
            text=said,
        )
        for one in rejected
        if one.subscriber_id in moved
    ]
    keep_receipts(connection, changes, issue_id, notes)
    changes.write(connection, issue_id, FOLDED)
    return len(moved)
