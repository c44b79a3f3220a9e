"""Every row of a site from one database into another, counted and hashed on both sides."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import sqlalchemy as sa

from newsletter.errors import DatabaseUnavailableError, InputError
from newsletter.store.seal import KEY as SEAL_KEY
from newsletter.store.seal import TABLES
from newsletter.store.tables import site
from subscribers.tables import COUNTS

ARRIVAL_KEY = "moved here"
"""Of the row in `site` that says which move filled this database."""

AT_ONCE = 1000
"""Rows held in memory."""

COPIED = tuple(table for table in TABLES if table not in COUNTS)
"""All but what the new database counts for itself, as the rows arrive."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Copied:
    """One table: its rows, and a hash of them that no order of rows changes."""

    table: str
    rows: int
    hash: str


class TableTotals:
    """Counts and hashes rows as they pass."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, row: Sequence[Any]) -> None:
        """One more row: the sum of the rows' hashes is the same in whatever order they come."""
        self.rows += 1
        digest = hashlib.sha256(repr([_plain(value) for value in row]).encode()).digest()
        self._sum += int.from_bytes(digest, "big")

    def of(self, table: sa.Table) -> Copied:
        """What the table came to."""
        return Copied(table=table.name, rows=self.rows, hash=f"{self._sum % 2**256:064x}")


def holds_data(connection: sa.Connection) -> bool:
    """Whether any table has a row."""
    return any(
        connection.scalar(sa.select(sa.exists(sa.select(1).select_from(table)))) for table in COPIED
    )


def empty(connection: sa.Connection) -> None:
    """Delete every row of every table."""
    for table in (*reversed(COPIED), *COUNTS):
        connection.execute(sa.delete(table))


def copy_all(source: sa.Connection, target: sa.Connection) -> list[Copied]:
    """Copy every table with its numbers, then read it back; what both sides agree on.

    Raises InputError when a row cannot be written there, or reads otherwise than here.
    """
    copied = []
    for table in COPIED:
        tally = TableTotals()
        _write(target, table, _tallied(_rows(source, table), tally))
        _carry_numbering(source, target, table)
        there = TableTotals()
        for row in _rows(target, table):
            there.add(row)
        if there.of(table) != tally.of(table):
            raise InputError(
                f"{table.name} reads otherwise in the new database than in the old one",
                field=table.name,
                fix="nothing was moved: the old database is in use as before",
            )
        copied.append(tally.of(table))
    return copied


def _rows(connection: sa.Connection, table: sa.Table) -> Iterator[Sequence[Any]]:
    query = sa.select(table)
    if table is site:
        query = query.where(site.c.key.not_in([SEAL_KEY, ARRIVAL_KEY]))
    result = connection.execute(query, execution_options={"yield_per": AT_ONCE})
    for chunk in result.partitions():
        yield from chunk


def _tallied(rows: Iterable[Sequence[Any]], tally: TableTotals) -> Iterator[Sequence[Any]]:
    for row in rows:
        tally.add(row)
        yield row


def _write(connection: sa.Connection, table: sa.Table, rows: Iterator[Sequence[Any]]) -> None:
    if connection.dialect.name == "sqlite":
        names = [column.name for column in table.columns]
        insert = sa.insert(table)
        while chunk := [
            dict(zip(names, row, strict=True)) for _, row in zip(range(AT_ONCE), rows, strict=False)
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
            f"the new database went away: {error}", fix="run it again when it is back"
        ) from error


def _carry_numbering(source: sa.Connection, target: sa.Connection, table: sa.Table) -> None:
    """Go on numbering where the old database would: a number that was erased never comes again."""
    if table.autoincrement_column is None or "id" not in table.columns:
        return
    newest = max(_last_number(source, table), source.scalar(sa.func.max(table.c.id)) or 0)
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


def _last_number(connection: sa.Connection, table: sa.Table) -> int:
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
    """A value as both databases give it, in one spelling."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    return value
