"""Adds sources to the text of newsletter.toml; everything that stands in it stays as it is. Pure.

source_changing.py changes and removes those that are there.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import tomlkit

from newsletter.config.access import split_credentials
from newsletter.errors import ConfigurationError, Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class NewSource:
    """A feed to be added; `address` may have a password. `known_as` are its other addresses.

    `by_mail` makes it a source by mail, at a mail address.
    """

    address: str = field(repr=False)
    name: str = ""
    tags: tuple[str, ...] = ()
    known_as: tuple[str, ...] = ()
    by_mail: bool = False

    @property
    def location(self) -> str:
        """Its address without user and password."""
        return split_credentials(self.address)[0]

    @property
    def table(self) -> dict[str, Any]:
        """Its keys in newsletter.toml."""
        kind = "mail" if self.by_mail else "feed"
        given = {kind: self.address, "name": self.name, "tags": list(self.tags)}
        return {key: value for key, value in given.items() if value}


def with_sources(text: str, newsletter: str, added: Sequence[NewSource]) -> str:
    """The text with the sources after those that the newsletter has.

    Raises ConfigurationError if the newsletter is not in the text, or is written in a way that
    leaves no place for them.
    """
    before = tomllib.loads(text)
    if newsletter not in before.get("newsletters", {}):
        raise ConfigurationError(
            [
                Problem(
                    message="the newsletter is not in this file: it comes from the environment",
                    field=f"newsletters.{newsletter}",
                    fix="add the source where the newsletter is configured",
                )
            ]
        )
    expected = copy.deepcopy(before)
    sources = expected["newsletters"][newsletter].setdefault("sources", [])
    sources += [source.table for source in added]
    for candidate in _candidates(text, newsletter, added):
        if _loaded(candidate) == expected:
            return candidate
    raise ConfigurationError(
        [
            Problem(
                message="the sources of this newsletter are written in a way that cannot be added to",
                field=f"newsletters.{newsletter}.sources",
                fix=f"write them as [[newsletters.{newsletter}.sources]], or add this one yourself",
            )
        ]
    )


def _candidates(text: str, newsletter: str, added: Sequence[NewSource]) -> Iterator[str]:
    """The text with the sources at each place where they may belong, the best place first."""
    fragment = "".join(_table_text(newsletter, source) for source in added)
    lines = text.splitlines(keepends=True)
    for path in (("newsletters", newsletter, "sources"), ("newsletters", newsletter)):
        if (end := _end_of_last(lines, path)) is not None:
            yield _joined("".join(lines[:end]), fragment, "".join(lines[end:]))
    yield _joined(text, fragment, "")
    if array := _in_array(text, newsletter, added):
        yield array


def _table_text(newsletter: str, source: NewSource) -> str:
    return f"\n[[newsletters.{newsletter}.sources]]\n{tomlkit.dumps(source.table)}"


def _joined(head: str, fragment: str, tail: str) -> str:
    """The parts, with an end of line between them."""
    return f"{head}{'' if head.endswith(chr(10)) else chr(10)}{fragment}{tail}"


def _end_of_last(lines: Sequence[str], path: tuple[str, ...]) -> int | None:
    """The line after the last key of the last table at or below `path`; None without such a table."""
    end, inside = None, False
    for number, line in enumerate(lines):
        if header := _path_of(line):
            inside = header[: len(path)] == path
        if inside and line.strip() and not line.lstrip().startswith("#"):
            end = number + 1
    return end


def _path_of(line: str) -> tuple[str, ...]:
    """The path of the table whose header the line is; () for another line."""
    table = (_loaded(line) if line.lstrip().startswith("[") else None) or {}
    path: list[str] = []
    while table:
        ((key, inner),) = table.items()
        path.append(key)
        table = inner[0] if isinstance(inner, list) else inner
    return tuple(path)


def _in_array(text: str, newsletter: str, added: Sequence[NewSource]) -> str:
    """The text with the sources in the array `sources = […]`; "" without such an array."""
    document: Any = tomlkit.parse(text)
    array = document["newsletters"][newsletter].get("sources")
    if not isinstance(array, tomlkit.items.Array):
        return ""
    for source in added:
        table = tomlkit.inline_table()
        table.update(source.table)
        array.append(table)
    return tomlkit.dumps(document)


def _loaded(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
