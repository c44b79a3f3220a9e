"""People's decisions about deliveries: those with unknown outcome, and those given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.store.ledger.counts import FOLDED, Changes
from newsletter.store.ledger.rows import note
from newsletter.store.tables import deliveries


@dataclass(frozen=True, kw_only=True, slots=True)
class UnknownDelivery:
    """A delivery with unknown outcome that waits for a decision; `since` is its last claim."""

    subscriber_id: int
    since: datetime


def unknown_rows(connection: sa.Connection, issue_id: int) -> list[UnknownDelivery]:
    """The issue's deliveries with unknown outcome that wait for a decision."""
    rows = connection.execute(
        sa.select(deliveries.c.subscriber_id, deliveries.c.claimed_at)
        .where(_undecided(issue_id))
        .order_by(deliveries.c.subscriber_id)
    )
    return [UnknownDelivery(subscriber_id=row[0], since=row[1]) for row in rows]


def settle_unknown(
    connection: sa.Connection, issue_id: int, how: Literal["resend", "skip"], now: datetime
) -> int:
    """Decide about all deliveries with unknown outcome; returns how many there were.

    `resend` makes them pending, at the risk of a second copy under the same Message-ID;
    `skip` leaves them unknown permanently.
    """
    changes = Changes()
    state = DeliveryState.PENDING if how == "resend" else DeliveryState.UNKNOWN
    settled = connection.scalars(
        sa.update(deliveries)
        .where(_undecided(issue_id))
        .values(state=state, sender=None, retry_at=None)
        .returning(deliveries.c.subscriber_id)
    ).all()
    decision = "to be sent again" if how == "resend" else "not to be sent again"
    note(connection, changes, issue_id, settled, state, now, f"decided: {decision}")
    changes.move(DeliveryState.UNKNOWN, state, len(settled))
    changes.write(connection, issue_id, FOLDED)
    return len(settled)


def expire_rest(connection: sa.Connection, issue_id: int, now: datetime) -> int:
    """Give up every delivery of the issue that no sender has claimed; returns how many."""
    changes = Changes()
    given_up: list[int] = []
    for state in (DeliveryState.PENDING, DeliveryState.DEFERRED):
        expired = connection.scalars(
            sa.update(deliveries)
            .where(deliveries.c.issue_id == issue_id, deliveries.c.state == state)
            .values(state=DeliveryState.EXPIRED, retry_at=None)
            .returning(deliveries.c.subscriber_id)
        ).all()
        changes.move(state, DeliveryState.EXPIRED, len(expired))
        given_up += expired
    text = "the send was closed by an editor"
    note(connection, changes, issue_id, given_up, DeliveryState.EXPIRED, now, text)
    changes.write(connection, issue_id, FOLDED)
    return len(given_up)


def _undecided(issue_id: int) -> sa.ColumnElement[bool]:
    # The sender's id stays on the row until a person has decided.
    return sa.and_(
        deliveries.c.issue_id == issue_id,
        deliveries.c.state == DeliveryState.UNKNOWN,
        deliveries.c.sender.is_not(None),
    )
