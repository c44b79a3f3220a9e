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
) -> int:
    """Insert `rows`; where the primary key (or any unique key) is taken, update these columns.

    Without `update` a taken key leaves the row as it is. Returns how many rows were written.
    """
    if not rows:
        return 0
    statement = _insert(connection, table)
    if update:
        statement = statement.on_conflict_do_update(
            index_elements=list(table.primary_key.columns),
            set_={name: statement.excluded[name] for name in update},
        )
    else:
        statement = statement.on_conflict_do_nothing()
    return connection.execute(statement, list(rows)).rowcount


def _insert(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)
