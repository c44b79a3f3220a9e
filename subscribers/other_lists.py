"""What a person's other lists say of their address: whether mail to it bounced or was spam to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from subscribers import tables
from subscribers.subscriber import Status

_ENDED = (Status.BOUNCED, Status.COMPLAINED)
# Who only unsubscribed from one list may well want another.


def ended_elsewhere(connection: sa.Connection, ids: Sequence[int]) -> Mapping[int, str]:
    """Why these subscribers are put on no further list, by id; they may be a few thousand."""
    if not ids:
        return {}
    table = tables.subscriptions
    rows = connection.execute(
        sa.select(table.c.subscriber_id, table.c.status, table.c.changed_at, tables.lists.c.slug)
        .join(tables.lists, tables.lists.c.id == table.c.list_id)
        .where(table.c.subscriber_id.in_(ids), table.c.status.in_(_ENDED))
    )
    return {
        row.subscriber_id: f"{row.status} on {row.slug} since {row.changed_at.date().isoformat()}"
        for row in rows
    }
