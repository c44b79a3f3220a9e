"""The senders that have deliveries of any issue in hand."""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import State
from newsletter.store.database import Database
from newsletter.store.liveness import is_alive
from newsletter.store.tables import deliveries, issues


def living_senders(connection: sa.Connection, database: Database) -> list[str]:
    """The living senders that have claimed or transmitting deliveries."""
    unfinished = sa.select(issues.c.id).where(issues.c.state.in_([State.SENDING, State.STOPPED]))
    senders = connection.scalars(
        sa.select(deliveries.c.sender)
        .where(
            deliveries.c.issue_id.in_(unfinished),
            deliveries.c.state.in_([DeliveryState.CLAIMED, DeliveryState.TRANSMITTING]),
        )
        .distinct()
    ).all()
    return [sender for sender in senders if sender and is_alive(database, sender)]
