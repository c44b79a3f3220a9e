"""INSERT that yields to a row already there, in the words of both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_or(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    update: Sequence[str] = (),
) -> None:
    """Insert `rows`; where the primary key is taken, update these columns.

    Without `update` a taken key, this or any unique one, leaves the row as it is.
    """
    if not rows:
        return
    statement = _insert(connection, table)
    if update:
        statement = statement.on_conflict_do_update(
            index_elements=list(table.primary_key.columns),
            set_={name: statement.excluded[name] for name in update},
        )
    else:
        statement = statement.on_conflict_do_nothing()
    connection.execute(statement, list(rows))


def insert_once(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless one of its unique keys is taken; whether it was inserted."""
    # Not the row count: psycopg does not tell it for an INSERT that SQLAlchemy batches.
    statement = _insert(connection, table).values(row).on_conflict_do_nothing()
    written = connection.execute(statement.returning(*table.primary_key.columns))
    return written.first() is not None


def _insert(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)
