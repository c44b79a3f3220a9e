"""The relays that cannot be used at the moment, as the senders found them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.relay_trouble import RelayTrouble
from newsletter.store.sending_tables import receipts, relay_troubles


def save_trouble(connection: sa.Connection, trouble: RelayTrouble) -> None:
    """Keep the trouble in place of the relay's earlier one."""
    clear_trouble(connection, trouble.relay)
    connection.execute(sa.insert(relay_troubles).values(**asdict(trouble)))


def clear_trouble(connection: sa.Connection, relay: str) -> None:
    """Forget the relay's trouble, because it works again."""
    connection.execute(sa.delete(relay_troubles).where(relay_troubles.c.relay == relay))


def troubles_since(connection: sa.Connection, start: datetime) -> list[RelayTrouble]:
    """The troubles since `start` of relays that have answered no message since."""
    answered = sa.exists().where(
        receipts.c.at > relay_troubles.c.at, receipts.c.relay == relay_troubles.c.relay
    )
    rows = connection.execute(
        sa.select(relay_troubles)
        .where(relay_troubles.c.at >= start, ~answered)
        .order_by(relay_troubles.c.relay)
    )
    return [
        RelayTrouble(relay=row.relay, at=row.at, said=row.said, again_at=row.again_at)
        for row in rows
    ]
