"""An issue's open deliveries, cut into ranges by key for sending nodes."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.ledger import Within
from newsletter.delivery.receipt import DeliveryState
from newsletter.store.tables import deliveries


def open_ranges(
    connection: sa.Connection,
    issue_id: int,
    now: datetime,
    *,
    largest: int,
    smallest: int,
    parts: int,
) -> list[Within]:
    """What may be claimed now, in ranges of at most `largest` deliveries.

    Of few deliveries there are `parts` ranges, unless that made them less than `smallest`.
    """
    deferred = (deliveries.c.state == DeliveryState.DEFERRED) & (deliveries.c.retry_at <= now)
    is_open = (deliveries.c.issue_id == issue_id) & (
        (deliveries.c.state == DeliveryState.PENDING) | deferred
    )
    count = connection.execute(
        sa.select(sa.func.count()).select_from(deliveries).where(is_open)
    ).scalar_one()
    size = max(smallest, min(largest, count // parts))
    row = sa.func.row_number().over(order_by=deliveries.c.subscriber_id)
    rows = (
        sa.select(deliveries.c.subscriber_id, ((row - 1) // size).label("range"))
        .where(is_open)
        .subquery()
    )
    first, last = sa.func.min(rows.c.subscriber_id), sa.func.max(rows.c.subscriber_id)
    ranges = connection.execute(sa.select(first, last).group_by(rows.c.range).order_by(first))
    return [(row[0], row[1]) for row in ranges]
