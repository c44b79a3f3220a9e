"""INSERT with a conflict clause, IN with many values, and an address's domain, for both databases."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler


def among(
    connection: sa.Connection, column: sa.Column[str], texts: Iterable[str]
) -> sa.ColumnElement[bool]:
    """A condition that the column is one of these texts; passes them as a single parameter."""
    given = list(texts)
    if connection.dialect.name == "sqlite":
        each = sa.func.json_each(json.dumps(given)).table_valued("value")
        return column.in_(sa.select(each.c.value))
    return column == sa.any_(sa.cast(given, sa.ARRAY(sa.String)))


def insert_or(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    update: Sequence[str] = (),
) -> None:
    """Insert `rows`; where the primary key exists, update the columns in `update`.

    Without `update`, a row that conflicts on any unique key is left as it is.
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
    """Insert a row unless one of its unique keys exists; return whether it was inserted."""
    # Not the row count: psycopg does not report it for an INSERT that SQLAlchemy batches.
    statement = insert_or_nothing(connection, table).values(row)
    written = connection.execute(statement.returning(*table.primary_key.columns))
    return written.first() is not None


def insert_or_nothing(
    connection: sa.Connection, table: sa.Table
) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that leaves out rows one of whose unique keys is taken."""
    return _insert(connection, table).on_conflict_do_nothing()


def _insert(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


class at_domain(sa.sql.functions.GenericFunction[str]):  # noqa: N801 - reads as an SQL function
    """SQL function: the `@example.org` of an address."""

    type = sa.String()
    name = "at_domain"
    inherit_cache = True


@compiles(at_domain, "sqlite")
def _at_domain_sqlite(element: at_domain, compiler: SQLCompiler, **how: Any) -> str:
    address = compiler.process(next(iter(element.clauses)), **how)
    return f"substr({address}, instr({address}, '@'))"


@compiles(at_domain, "postgresql")
def _at_domain_postgresql(element: at_domain, compiler: SQLCompiler, **how: Any) -> str:
    address = compiler.process(next(iter(element.clauses)), **how)
    return f"substr({address}, strpos({address}, '@'))"


class in_default_collation(sa.sql.functions.GenericFunction[str]):  # noqa: N801 - reads as an SQL function
    """SQL function: a text as it is, in the database's own collation.

    PostgreSQL uses an index of a column only for a comparison in the column's collation.
    """

    type = sa.String()
    name = "in_default_collation"
    inherit_cache = True


@compiles(in_default_collation, "sqlite")
def _in_default_collation_sqlite(
    element: in_default_collation, compiler: SQLCompiler, **how: Any
) -> str:
    return compiler.process(next(iter(element.clauses)), **how)


@compiles(in_default_collation, "postgresql")
def _in_default_collation_postgresql(
    element: in_default_collation, compiler: SQLCompiler, **how: Any
) -> str:
    return f'({compiler.process(next(iter(element.clauses)), **how)} COLLATE "default")'
