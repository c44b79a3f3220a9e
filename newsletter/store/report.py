"""The statistics of one issue: outcomes by domain, by reason, and over time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.store.tables import deliveries, is_refusal, receipts
from subscribers.sql import at_domain
from subscribers.tables import history, is_leaving, subscribers

ERASED = "erased"
"""In place of the domain of readers who have been erased since."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RefusalReason:
    """Why deliveries were not accepted: the relay's last reply, and how many deliveries got it."""

    state: DeliveryState
    code: int
    enhanced: str
    relay: str
    text: str
    count: int


def next_retry(connection: sa.Connection, issue_id: int) -> datetime | None:
    """When the earliest deferred delivery is tried again."""
    found: datetime | None = connection.scalar(
        sa.select(sa.func.min(deliveries.c.retry_at)).where(
            deliveries.c.issue_id == issue_id, deliveries.c.state == DeliveryState.DEFERRED
        )
    )
    return found


def outcomes_by_domain(
    connection: sa.Connection, issue_id: int
) -> dict[str, dict[DeliveryState, int]]:
    """How many deliveries of each domain are in each state."""
    domain = sa.func.coalesce(at_domain(subscribers.c.address_key), ERASED).label("domain")
    rows = connection.execute(
        sa.select(domain, deliveries.c.state, sa.func.count())
        .select_from(
            deliveries.outerjoin(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        )
        .where(deliveries.c.issue_id == issue_id)
        .group_by(domain, deliveries.c.state)
    )
    found: dict[str, dict[DeliveryState, int]] = {}
    for name, state, count in rows:
        found.setdefault(name.removeprefix("@"), {})[DeliveryState(state)] = count
    return found


def reasons(connection: sa.Connection, issue_id: int, *, limit: int = 20) -> list[RefusalReason]:
    """The last replies to deliveries that are not accepted, the most frequent first."""
    # Acceptance is final, so for all other deliveries the last refusal is the last reply.
    last = (
        sa.select(sa.func.max(receipts.c.id).label("id"))
        .where(receipts.c.issue_id == issue_id, is_refusal)
        .group_by(receipts.c.subscriber_id)
        .subquery()
    )
    count = sa.func.count().label("count")
    rows = connection.execute(
        sa.select(
            receipts.c.state,
            receipts.c.code,
            receipts.c.enhanced,
            receipts.c.relay,
            sa.func.min(receipts.c.text).label("text"),
            count,
        )
        .join(last, last.c.id == receipts.c.id)
        .join(
            deliveries,
            sa.and_(
                deliveries.c.issue_id == receipts.c.issue_id,
                deliveries.c.subscriber_id == receipts.c.subscriber_id,
            ),
        )
        .where(deliveries.c.state != DeliveryState.ACCEPTED)
        .group_by(receipts.c.state, receipts.c.code, receipts.c.enhanced, receipts.c.relay)
        .order_by(count.desc(), receipts.c.code)
        .limit(limit)
    )
    return [
        RefusalReason(
            state=DeliveryState(row.state),
            code=row.code,
            enhanced=row.enhanced,
            relay=row.relay,
            text=row.text,
            count=row[5],
        )
        for row in rows
    ]


def acceptances(connection: sa.Connection, issue_id: int) -> list[tuple[datetime, int]]:
    """The number of messages accepted so far: at the first acceptance, then for each second."""
    at = receipts.c.at
    second: sa.ColumnElement[Any] = (
        sa.func.substr(at, 1, 19)
        if connection.dialect.name == "sqlite"
        else sa.func.date_trunc("second", at)
    )
    rows = connection.execute(
        sa.select(sa.func.min(at), sa.func.max(at), sa.func.count())
        .where(receipts.c.issue_id == issue_id, receipts.c.state == DeliveryState.ACCEPTED)
        .group_by(second)
        .order_by(sa.func.min(at))
    ).all()
    found, total = [(row[0], 1) for row in rows[:1]], 0
    for _first, last, count in rows:
        total += count
        found.append((last, total))
    return found


def leavings(
    connection: sa.Connection, list_slug: str, start: datetime, end: datetime
) -> dict[str, int]:
    """How many subscriptions of the list ended in [start, end), by the way they ended."""
    rows = connection.execute(
        sa.select(history.c.way, sa.func.count())
        .where(
            history.c.list_slug == list_slug,
            is_leaving,
            history.c.at >= start,
            history.c.at < end,
        )
        .group_by(history.c.way)
    )
    return {row[0]: row[1] for row in rows}
