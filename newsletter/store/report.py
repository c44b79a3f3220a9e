"""What the books say about one issue: outcomes by domain, by reason, and over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.store.tables import deliveries, receipts
from subscribers.audience import at_domain
from subscribers.tables import history, subscribers

ERASED = "erased"
"""The domain of readers who have been erased since."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why deliveries did not end well: the relay's last words, and how many they stand for."""

    state: DeliveryState
    code: int
    enhanced: str
    relay: str
    text: str
    count: int


def outcomes_by_domain(
    connection: sa.Connection, issue_id: int
) -> dict[str, dict[DeliveryState, int]]:
    """How many deliveries of each domain stand in each state."""
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


def reasons(connection: sa.Connection, issue_id: int, *, limit: int = 20) -> list[Reason]:
    """The last answers to deliveries that are not accepted, the most frequent first."""
    last = (
        sa.select(sa.func.max(receipts.c.id).label("id"))
        .where(receipts.c.issue_id == issue_id)
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
        .where(receipts.c.state != DeliveryState.ACCEPTED)
        .group_by(receipts.c.state, receipts.c.code, receipts.c.enhanced, receipts.c.relay)
        .order_by(count.desc(), receipts.c.code)
        .limit(limit)
    )
    return [
        Reason(
            state=DeliveryState(row.state),
            code=row.code,
            enhanced=row.enhanced,
            relay=row.relay,
            text=row.text,
            count=row[5],
        )
        for row in rows
    ]


def acceptances(connection: sa.Connection, issue_id: int) -> list[datetime]:
    """When each message was accepted, in order."""
    return list(
        connection.scalars(
            sa.select(receipts.c.at)
            .where(receipts.c.issue_id == issue_id, receipts.c.state == DeliveryState.ACCEPTED)
            .order_by(receipts.c.at)
        )
    )


def events_after(
    connection: sa.Connection, list_slug: str, events: Sequence[str], start: datetime, end: datetime
) -> dict[str, int]:
    """How often subscribers of the list did each of these in [start, end), by the way taken."""
    rows = connection.execute(
        sa.select(history.c.way, sa.func.count())
        .where(
            history.c.list_slug == list_slug,
            history.c.event.in_(events),
            history.c.at >= start,
            history.c.at < end,
        )
        .group_by(history.c.way)
    )
    return {row[0]: row[1] for row in rows}


def expire_rest(connection: sa.Connection, issue_id: int, now: datetime) -> int:
    """Give up every delivery that nobody works on, for good; how many."""
    given_up = connection.scalars(
        sa.update(deliveries)
        .where(
            deliveries.c.issue_id == issue_id,
            deliveries.c.state.in_([DeliveryState.PENDING, DeliveryState.DEFERRED]),
        )
        .values(state=DeliveryState.EXPIRED, retry_at=None)
        .returning(deliveries.c.subscriber_id)
    ).all()
    if given_up:
        connection.execute(
            sa.insert(receipts),
            [
                {
                    "issue_id": issue_id,
                    "subscriber_id": number,
                    "at": now,
                    "state": DeliveryState.EXPIRED,
                    "relay": "",
                    "code": 0,
                    "enhanced": "",
                    "text": "the send was closed by an editor",
                }
                for number in given_up
            ],
        )
    return len(given_up)
