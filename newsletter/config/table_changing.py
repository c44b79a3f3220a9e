"""Changes values of one table in the text of newsletter.toml; comments and order stay. Pure.

source_changing.py changes and removes sources, source_editing.py adds them.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tomlkit

from newsletter.config.row_changing import Row, set_rows
from newsletter.errors import ConfigurationError, Problem

Values = Mapping[str, Any]
"""Keys of the table with their new values; None takes a key out, Rows change a list of tables."""


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
            set_rows(table, key, value.rows)
        elif table.get(key) != value:
            table[key] = value
    body.extend(reversed(tail))


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
