"""Copies every row of a site into another database, counted and hashed on both sides."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import sqlalchemy as sa

from newsletter.errors import DatabaseUnavailableError, InputError
from newsletter.store.seal import KEY as SEAL_KEY
from newsletter.store.seal import TABLES
from newsletter.store.tables import site
from subscribers.search_words import FILL
from subscribers.tables import DERIVED

ARRIVAL_KEY = "moved here"
"""The key of the row in `site` that names the move which filled this database."""

CHUNK_ROWS = 1000
"""Rows held in memory at a time."""

COPIED = tuple(table for table in TABLES if table not in DERIVED)
"""All tables except those that the new database fills itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Copied:
    """One copied table: the number of its rows, and a hash that does not depend on their order."""

    table: str
    rows: int
    hash: str


class TableTotals:
    """Counts and hashes rows as they are copied."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, row: Sequence[Any]) -> None:
        """Add a row; the sum of the rows' hashes does not depend on their order."""
        self.rows += 1
        digest = hashlib.sha256(repr([_plain(value) for value in row]).encode()).digest()
        self._sum += int.from_bytes(digest, "big")

    def of(self, table: sa.Table) -> Copied:
        """The totals of the table."""
        return Copied(table=table.name, rows=self.rows, hash=f"{self._sum % 2**256:064x}")


def holds_data(connection: sa.Connection) -> bool:
    """Whether any table has a row."""
    return any(
        connection.scalar(sa.select(sa.exists(sa.select(1).select_from(table)))) for table in COPIED
    )


def empty(connection: sa.Connection) -> None:
    """Delete every row of every table."""
    for table in (*reversed(COPIED), *DERIVED):
        connection.execute(sa.delete(table))


def copy_all(source: sa.Connection, target: sa.Connection) -> list[Copied]:
    """Copy every table with its ids, then read it back and compare; returns the totals.

    Raises InputError when a row cannot be written, or differs when it is read back.
    """
    copied = []
    for table in COPIED:
        totals = TableTotals()
        _write(target, table, _counted(_rows(source, table), totals))
        _continue_ids(source, target, table)
        if _totals(target, table) != totals.of(table):
            raise InputError(
                f"{table.name} differs between the new database and the old one",
                field=table.name,
                fix="nothing was moved, and the old database stays in use",
            )
        copied.append(totals.of(table))
    target.execute(sa.text(FILL[target.dialect.name]))
    return copied


def totals_of(connection: sa.Connection) -> list[Copied]:
    """The totals of every table, as `copy_all` returns them."""
    return [_totals(connection, table) for table in COPIED]


def _totals(connection: sa.Connection, table: sa.Table) -> Copied:
    totals = TableTotals()
    for row in _rows(connection, table):
        totals.add(row)
    return totals.of(table)


def copy_selected(
    source: sa.Connection, target: sa.Connection, selected: Mapping[sa.Table, sa.Select[Any]]
) -> None:
    """Copy the selected rows of tables, each of which comes after those that it references."""
    for table, query in selected.items():
        _write(target, table, _partitions(source, query))


def _rows(connection: sa.Connection, table: sa.Table) -> Iterator[Sequence[Any]]:
    query = sa.select(table)
    if table is site:
        query = query.where(site.c.key.not_in([SEAL_KEY, ARRIVAL_KEY]))
    return _partitions(connection, query)


def _partitions(connection: sa.Connection, query: sa.Select[Any]) -> Iterator[Sequence[Any]]:
    result = connection.execute(query, execution_options={"yield_per": CHUNK_ROWS})
    for chunk in result.partitions():
        yield from chunk


def _counted(rows: Iterable[Sequence[Any]], totals: TableTotals) -> Iterator[Sequence[Any]]:
    for row in rows:
        totals.add(row)
        yield row


def _write(connection: sa.Connection, table: sa.Table, rows: Iterator[Sequence[Any]]) -> None:
    if connection.dialect.name == "sqlite":
        names = [column.name for column in table.columns]
        insert = sa.insert(table)
        while chunk := [
            dict(zip(names, row, strict=True))
            for _, row in zip(range(CHUNK_ROWS), rows, strict=False)
        ]:
            connection.execute(insert, chunk)
        return
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    is_json = [isinstance(column.type, sa.JSON) for column in table.columns]
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101 - narrows for mypy
    try:
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN".encode()) as copy,
        ):
            for row in rows:
                copy.write_row(
                    [
                        json.dumps(value) if as_json else value
                        for value, as_json in zip(row, is_json, strict=True)
                    ]
                )
    except psycopg.DataError as error:
        raise InputError(
            f"a row of {table.name} cannot be written to PostgreSQL: {error}", field=table.name
        ) from error
    except psycopg.OperationalError as error:
        raise DatabaseUnavailableError(
            f"the connection to the new database was lost: {error}",
            fix="run it again when the database is available",
        ) from error


def _continue_ids(source: sa.Connection, target: sa.Connection, table: sa.Table) -> None:
    """Continue the old database's ids, so that the id of an erased row is never reused."""
    if table.autoincrement_column is None or "id" not in table.columns:
        return
    newest = max(_last_id(source, table), source.scalar(sa.func.max(table.c.id)) or 0)
    if not newest:
        return
    if target.dialect.name == "postgresql":
        target.execute(
            sa.select(sa.func.setval(sa.func.pg_get_serial_sequence(table.name, "id"), newest))
        )
    elif table.dialect_options["sqlite"]["autoincrement"]:
        numbering = sa.table("sqlite_sequence", sa.column("name"), sa.column("seq"))
        target.execute(sa.delete(numbering).where(numbering.c.name == table.name))
        target.execute(sa.insert(numbering).values(name=table.name, seq=newest))


def _last_id(connection: sa.Connection, table: sa.Table) -> int:
    if connection.dialect.name == "postgresql":
        sequence = sa.func.pg_get_serial_sequence(table.name, "id")
        return connection.scalar(sa.select(sa.func.pg_sequence_last_value(sequence))) or 0
    if not table.dialect_options["sqlite"]["autoincrement"]:
        return 0
    return (
        connection.scalar(
            sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}
        )
        or 0
    )


def _plain(value: Any) -> Any:
    """The value in a form that is the same for both databases."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    return value
