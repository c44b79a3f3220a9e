"""Divides an issue's open deliveries into ranges of subscriber ids, for sending nodes."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.ledger import Within
from newsletter.delivery.receipt import DeliveryState
from newsletter.store.tables import deliveries

UNDER_WAY = (DeliveryState.PENDING, DeliveryState.CLAIMED, DeliveryState.TRANSMITTING)


def lock_planning(connection: sa.Connection, issue_id: int) -> None:
    """Lock the planning of the issue's batches until this transaction ends (PostgreSQL)."""
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("plan"), issue_id)))


def is_under_way(connection: sa.Connection, issue_id: int, now: datetime) -> bool:
    """Whether any delivery is pending whose moment has come, or is in a sender's hands."""
    may_go = deliveries.c.not_before.is_(None) | (deliveries.c.not_before <= now)
    found = sa.exists().where(
        deliveries.c.issue_id == issue_id, deliveries.c.state.in_(UNDER_WAY), may_go
    )
    return connection.execute(sa.select(found)).scalar_one()


def open_ranges(
    connection: sa.Connection,
    issue_id: int,
    now: datetime,
    *,
    largest: int,
    smallest: int,
    parts: int,
) -> list[Within]:
    """The deliveries that may be claimed at `now`, in ranges of at most `largest` deliveries.

    Few deliveries are divided into `parts` ranges, but not into ranges smaller than `smallest`.
    """
    is_due = deliveries.c.retry_at <= now
    never_postponed = deliveries.c.retry_at.is_(None)
    is_open = (deliveries.c.issue_id == issue_id) & (
        ((deliveries.c.state == DeliveryState.PENDING) & (never_postponed | is_due))
        | ((deliveries.c.state == DeliveryState.DEFERRED) & is_due)
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
