"""A database as good as new, without making its tables again."""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.store import tables
from newsletter.store.database import Database
from subscribers import tables as subscriber_tables

_USED = (
    tables.receipts,
    tables.ledger_counts,
    tables.deliveries,
    tables.editions,
    tables.waves,
    tables.issues,
    subscriber_tables.subscriptions,
    subscriber_tables.subscribers,
    subscriber_tables.lists,
)
"""What a planned issue fills, each before what it refers to."""


def empty_tables(database: Database) -> None:
    """Delete the issue of the round before."""
    with database.transaction() as connection:
        for table in _USED:
            connection.execute(sa.delete(table))
