"""Counts of subscriptions and inbound mail that database triggers keep up to date.

Counting ten million rows takes seconds, and a dashboard asks every few seconds. The triggers count
every change of a row in its own transaction. PostgreSQL appends one row of differences for each
statement, so that writers do not wait for each other; `fold` sums the rows up. SQLite has one
writer at a time and counts in place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from subscribers import tables
from subscribers.subscriber import Status

FOLD_AT = 100
"""Rows of differences from which on `fold` sums them up."""


def subscriptions_by_status(connection: sa.Connection) -> dict[tuple[str, Status], int]:
    """Number of subscriptions by list slug and status; zeros are left out."""
    lists, table = tables.lists, tables.subscription_counts
    rows = connection.execute(
        sa.select(lists.c.slug, table.c.status, sa.func.sum(table.c.n))
        .join(lists, lists.c.id == table.c.list_id)
        .group_by(lists.c.slug, table.c.status)
        .having(sa.func.sum(table.c.n) != 0)
        .order_by(lists.c.slug, table.c.status)
    )
    return {(row[0], Status(row[1])): int(row[2]) for row in rows}


def inbound_by_kind(connection: sa.Connection) -> dict[str, int]:
    """Number of logged inbound messages by kind (bounce, complaint, command …), or "unhandled"."""
    table = tables.inbound_counts
    rows = connection.execute(
        sa.select(table.c.kind, sa.func.sum(table.c.n))
        .group_by(table.c.kind)
        .having(sa.func.sum(table.c.n) != 0)
        .order_by(table.c.kind)
    )
    return {row[0] or "unhandled": int(row[1]) for row in rows}


def fold(connection: sa.Connection) -> None:
    """Replace the rows of differences by their sums, in tables that have at least FOLD_AT of them."""
    for table in tables.COUNTS:
        if (connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0) < FOLD_AT:
            continue
        keys = [column for column in table.columns if column.name not in ("id", "n")]
        sums: Counter[tuple[Any, ...]] = Counter()
        # Rows that another process folds now are locked; once it commits, they no longer exist.
        for *key, n in connection.execute(sa.delete(table).returning(*keys, table.c.n)):
            sums[tuple(key)] += n
        connection.execute(
            sa.insert(table),
            [
                {column.name: value for column, value in zip(keys, key, strict=True)} | {"n": n}
                for key, n in sums.items()
            ],
        )


def _on_postgresql(table: str, counts: str, keys: str) -> str:
    return f"""
CREATE FUNCTION count_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO {counts} ({keys}, n) SELECT {keys}, count(*) FROM arrived GROUP BY {keys};
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO {counts} ({keys}, n) SELECT {keys}, -count(*) FROM gone GROUP BY {keys};
  ELSE
    INSERT INTO {counts} ({keys}, n) SELECT {keys}, sum(n) FROM (
        SELECT {keys}, 1 AS n FROM arrived UNION ALL SELECT {keys}, -1 FROM gone
      ) AS changes GROUP BY {keys} HAVING sum(n) <> 0;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER count_arrived AFTER INSERT ON {table}
  REFERENCING NEW TABLE AS arrived EXECUTE FUNCTION count_{table}();
CREATE TRIGGER count_gone AFTER DELETE ON {table}
  REFERENCING OLD TABLE AS gone EXECUTE FUNCTION count_{table}();
CREATE TRIGGER count_changed AFTER UPDATE ON {table}
  REFERENCING OLD TABLE AS gone NEW TABLE AS arrived EXECUTE FUNCTION count_{table}()
"""  # noqa: S608 - our own names


def _on_sqlite(table: str, counts: str, keys: str) -> Iterator[str]:
    names = keys.split(", ")

    def step(row: str, sign: str) -> str:
        values = ", ".join(f"{row}.{name}" for name in names)
        there = " AND ".join(f"{name} = {row}.{name}" for name in names)
        return f"""
  INSERT INTO {counts} ({keys}, n) SELECT {values}, 0
    WHERE NOT EXISTS (SELECT 1 FROM {counts} WHERE {there});
  UPDATE {counts} SET n = n {sign} 1 WHERE {there};"""  # noqa: S608 - our own names

    arrived, gone = step("NEW", "+"), step("OLD", "-")
    changed = f"UPDATE OF {keys}"
    for name, when, what in (
        ("arrived", "INSERT", arrived),
        ("gone", "DELETE", gone),
        ("changed", changed, gone + arrived),
    ):
        yield f"CREATE TRIGGER count_{table}_{name} AFTER {when} ON {table} BEGIN {what} END"


_COUNTED = (
    ("subscriptions", "subscription_counts", "list_id, status"),
    ("inbound_messages", "inbound_counts", "kind"),
)

TRIGGERS = {
    "postgresql": tuple(_on_postgresql(*names) for names in _COUNTED),
    "sqlite": tuple(statement for names in _COUNTED for statement in _on_sqlite(*names)),
}
"""The statements by dialect, for the migration that creates the tables."""
