"""Statements of the send path, compiled once per number of rows and run by the driver directly.

SQLAlchemy's processing of a statement costs more than the statement itself. And each call into
SQLite releases the interpreter lock and has to wait to get it back, so a commit is fastest with
as few calls as possible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

MOST_ROWS = 64
"""Rows in one statement; the databases limit the number of parameters."""

ANY_NUMBER = 8
"""Up to this many rows there is a statement for each number, above it only for powers of two:
compiling a statement takes as long as running it many times."""

_PARAMETER_STYLES = {"sqlite": "qmark", "postgresql": "format"}

T = TypeVar("T")
Bind = Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Compiled:
    """SQL with positional parameters: their names in order, and the conversion of each value."""

    sql: str
    parameters: tuple[tuple[str, Bind | None], ...]


class Prepared:
    """An INSERT or UPDATE of several rows; its values are all bound by name.

    `build` makes the statement for a given number of rows.
    """

    def __init__(self, build: Callable[[int], sa.UpdateBase]) -> None:
        self._build = build
        self._compiled: dict[tuple[str, int], _Compiled] = {}

    def run(self, connection: sa.Connection, rows: int, values: Mapping[str, object]) -> int:
        """Execute it and return how many rows changed; raises driver errors as DBAPIError."""
        dialect = connection.dialect
        compiled = self._compiled.get((dialect.name, rows))
        if compiled is None:
            compiled = _compile(self._build(rows), dialect)
            self._compiled[dialect.name, rows] = compiled
        bound = [
            values[name] if bind is None else bind(values[name])
            for name, bind in compiled.parameters
        ]
        cursor = connection.connection.cursor()
        try:
            cursor.execute(compiled.sql, bound)
        except dialect.loaded_dbapi.Error as error:
            raise DBAPIError.instance(
                compiled.sql, None, error, dialect.loaded_dbapi.Error, dialect=dialect
            ) from error
        changed: int = cursor.rowcount
        cursor.close()
        return changed


def portions(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """The rows in portions of the sizes that have statements."""
    start = 0
    while left := len(rows) - start:
        size = left if left <= ANY_NUMBER else min(MOST_ROWS, 1 << left.bit_length() - 1)
        yield rows[start : start + size]
        start += size


def numbered(name: str, rows: int) -> list[sa.BindParameter[Any]]:
    """One parameter per row: name_0, name_1 …"""
    return [sa.bindparam(f"{name}_{row}") for row in range(rows)]


def _compile(statement: sa.UpdateBase, dialect: sa.Dialect) -> _Compiled:
    kind: Callable[..., sa.Dialect] = type(dialect)
    positional = kind(paramstyle=_PARAMETER_STYLES[dialect.name])
    compiled = statement.compile(dialect=positional)
    types = {parameter.key: parameter.type for parameter in compiled.bind_names}
    return _Compiled(
        sql=str(compiled),
        parameters=tuple(
            (name, types[name].dialect_impl(positional).bind_processor(positional))
            for name in compiled.positiontup or ()
        ),
    )
