"""Changes a list of tables in the text of newsletter.toml; what is not named of a table stays. Pure."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tomlkit


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One table of the list as it is to be: the place that it had, None for a new one, and its values.

    A value of None takes a key out.
    """

    former: int | None
    values: Mapping[str, Any]


def set_rows(table: Any, key: str, rows: Sequence[Row]) -> None:
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
    body = values.value.body if isinstance(values, tomlkit.items.Table) else []
    tail = []
    while body and body[-1][0] is None:  # comments about the next row, and empty lines
        tail.append(body.pop())
    for key, value in row.values.items():
        if value is None:
            values.pop(key, None)
        elif values.get(key) != value:
            values[key] = value
    body.extend(reversed(tail))
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
