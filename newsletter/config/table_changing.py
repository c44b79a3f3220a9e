"""Changes values of one table in the text of newsletter.toml, lists of tables too; comments stay. Pure.

source_changing.py changes and removes sources, source_editing.py adds them.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tomlkit

from newsletter.errors import ConfigurationError, Problem

Values = Mapping[str, Any]
"""Keys of the table with their new values; None takes a key out, Rows change a list of tables."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One table of the list as it is to be: the place that it had, None for a new one, and its values.

    A value of None takes a key out.
    """

    former: int | None
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """A list of tables as it is to be."""

    rows: tuple[Row, ...]


def with_values(text: str, path: Sequence[str], values: Values) -> str:
    """The text with these values in the table at `path`, which is made if it is not there.

    Raises ConfigurationError if the table is written in a way that cannot be changed.
    """
    expected = copy.deepcopy(tomllib.loads(text))
    document: Any = tomlkit.parse(text)
    for content in (expected, document):
        try:
            set_values(_table_at(content, path), values)
        except (TypeError, ValueError, AttributeError, tomlkit.exceptions.TOMLKitError) as error:
            raise _not_changeable(path) from error
    after = tomlkit.dumps(document)
    if tomllib.loads(after) != expected:
        raise _not_changeable(path)
    return after


def set_values(table: Any, values: Values) -> None:
    """Give the table these values; a new key comes before the comments that end the table."""
    body, tail = _body_of(table), []
    while body and body[-1][0] is None:  # comments about the next table, and empty lines
        tail.append(body.pop())
    for key, value in values.items():
        if value is None:
            table.pop(key, None)
        elif isinstance(value, Rows):
            _set_rows(table, key, value.rows)
        elif table.get(key) != value:
            table[key] = value
    body.extend(reversed(tail))


def _set_rows(table: Any, key: str, rows: Sequence[Row]) -> None:
    """Let the table have these rows, in this order; rows that are not named are removed.

    `table` is a dict or a table of tomlkit, whose comments stay with their rows.
    """
    had = table.get(key, [])
    given = [_row(had, row) for row in rows]
    if type(table) is dict:
        table[key] = given
        return
    is_inline = isinstance(had, tomlkit.items.Array)
    listed: Any = tomlkit.array().multiline(True) if is_inline else tomlkit.aot()
    for row, values in zip(rows, given, strict=True):
        listed.append(_item(values, is_new=row.former is None, is_inline=is_inline))
    table[key] = listed


def _row(had: Sequence[Any], row: Row) -> Any:
    is_known = row.former is not None and row.former < len(had)
    values = copy.deepcopy(had[row.former or 0]) if is_known else {}
    set_values(values, row.values)
    return values


def _item(values: Any, *, is_new: bool, is_inline: bool) -> Any:
    """The row as tomlkit writes it in such a list."""
    if type(values) is not dict:
        return values
    item = tomlkit.inline_table() if is_inline else tomlkit.table()
    item.update(values)
    if is_new and not is_inline:
        item.add(tomlkit.nl())
    return item


def _body_of(table: Any) -> list[Any]:
    """The lines of a table that has a header of its own; [] for any other."""
    return table.value.body if isinstance(table, tomlkit.items.Table) else []


def _table_at(content: Any, path: Sequence[str]) -> Any:
    for key in path:
        if key not in content:
            content[key] = {} if type(content) is dict else tomlkit.table()
        content = content[key]
    return content


def _not_changeable(path: Sequence[str]) -> ConfigurationError:
    problem = Problem(
        message="these settings are written in a way that cannot be changed here",
        field=".".join(path),
        fix="change them in newsletter.toml",
    )
    return ConfigurationError([problem])
