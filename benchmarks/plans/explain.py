"""Explains every statement that real code executes, in the state of the database at that time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import psycopg
import sqlalchemy as sa
from sqlalchemy import event

from newsletter.store.database import Database

MOST_EXPLAINED = 3
"""How often one statement is explained; the slowest time is reported."""

_EXPLAINABLE = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """How a node of a plan read a table: the `rows` it examined, and whether it scanned all."""

    table: str
    how: str
    index: str
    rows: int
    is_scan: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """One statement and how PostgreSQL executed it."""

    statement: str
    milliseconds: float
    buffers: int
    readings: tuple[Reading, ...]


def large_tables(database: Database, *, least: int) -> frozenset[str]:
    """The tables with at least `least` rows by PostgreSQL's statistics."""
    with database.transaction(read_only=True) as connection:
        return frozenset(
            connection.scalars(
                sa.text(
                    "SELECT relname FROM pg_stat_user_tables JOIN pg_class USING (relname) "
                    "WHERE pg_class.reltuples >= :least"
                ),
                {"least": least},
            )
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class TableSize:
    """A table's rows, and its octets including its indexes."""

    name: str
    rows: int
    octets: int


def sizes_of(database: Database, tables: frozenset[str]) -> list[TableSize]:
    """The sizes of the tables, largest first."""
    with database.transaction(read_only=True) as connection:
        rows = connection.execute(
            sa.text(
                "SELECT relname, reltuples, pg_total_relation_size(oid) FROM pg_class "
                "WHERE relname = ANY(:tables) ORDER BY 3 DESC"
            ),
            {"tables": sorted(tables)},
        )
        return [TableSize(name=row[0], rows=int(row[1]), octets=row[2]) for row in rows]


def version_of(database: Database) -> str:
    """The version of the PostgreSQL server."""
    with database.transaction(read_only=True) as connection:
        return str(connection.scalar(sa.text("SHOW server_version")))


@contextmanager
def explaining(database: Database) -> Iterator[list[Explained]]:
    """Collect the statements executed in the block, each first explained in its transaction.

    EXPLAIN ANALYZE also executes changes, which are rolled back before the real execution.
    """
    found: dict[str, Explained] = {}
    times: Counter[str] = Counter()

    def explain(connection: psycopg.Connection[Any], statement: object, values: Any) -> None:
        text = str(statement)
        if connection.autocommit or not _EXPLAINABLE.match(text):
            return
        shape = _shape(text)
        times[shape] += 1
        if times[shape] <= MOST_EXPLAINED:
            explained = _explain(connection, text, shape, values)
            if shape not in found or found[shape].milliseconds < explained.milliseconds:
                found[shape] = explained

    class Explaining(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **how: Any) -> Self:
            explain(self.connection, query, params)
            return super().execute(query, params, **how)

        def executemany(self, query: Any, params_seq: Any, **how: Any) -> None:
            rows = list(params_seq)
            explain(self.connection, query, rows[0])
            super().executemany(query, rows, **how)

    class ExplainingStream(psycopg.ServerCursor[Any]):
        def execute(self, query: Any, params: Any = None, **how: Any) -> Self:
            explain(self.connection, query, params)
            return super().execute(query, params, **how)

    def use(connection: psycopg.Connection[Any], *_pool: object) -> None:
        connection.cursor_factory = Explaining
        connection.server_cursor_factory = ExplainingStream

    result: list[Explained] = []
    database.engine.dispose()  # existing connections would not be observed
    event.listen(database.engine, "connect", use)
    try:
        yield result
    finally:
        event.remove(database.engine, "connect", use)
        database.engine.dispose()
        result += found.values()


def _explain(
    connection: psycopg.Connection[Any], statement: str, shape: str, values: Any
) -> Explained:
    with psycopg.Cursor(connection) as cursor:
        cursor.execute("SAVEPOINT explained")
        cursor.execute(
            f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}".encode(), values or None
        )
        (result,) = cursor.fetchall()[0][0]
        cursor.execute("ROLLBACK TO SAVEPOINT explained")
        cursor.execute("RELEASE SAVEPOINT explained")
    plan = result["Plan"]
    return Explained(
        statement=shape,
        milliseconds=result["Execution Time"],
        buffers=plan["Shared Hit Blocks"] + plan["Shared Read Blocks"],
        readings=tuple(_readings(plan)),
    )


def _readings(node: Mapping[str, Any]) -> Iterator[Reading]:
    if "Relation Name" in node and "Scan" in node["Node Type"]:
        seen = (
            node["Actual Rows"]
            + node.get("Rows Removed by Filter", 0)
            + node.get("Rows Removed by Index Recheck", 0)
        )
        yield Reading(
            table=node["Relation Name"],
            how=node["Node Type"],
            index=_index_of(node),
            rows=round(seen * node["Actual Loops"]),
            is_scan=node["Node Type"] == "Seq Scan",
        )
    for below in node.get("Plans", ()):
        yield from _readings(below)


def _index_of(node: Mapping[str, Any]) -> str:
    below = [_index_of(part) for part in node.get("Plans", ()) if "Bitmap" in part["Node Type"]]
    return str(node.get("Index Name", "")) or " + ".join(below)


def _shape(statement: str) -> str:
    """The statement on one line, without the parts that vary from call to call."""
    text = re.sub(
        r"%(\([a-zA-Z_0-9]+\))?s(::(TIMESTAMP WITH TIME ZONE|[A-Z]+))?",
        "?",
        " ".join(statement.split()),
    )
    text = re.sub(r"\?(, \?)+", "?, …", text)
    return re.sub(r"\(\?, …\)(, \(\?, …\))+", "(?, …), …", text)
