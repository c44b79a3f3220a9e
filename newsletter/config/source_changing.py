"""Changes or removes one source in the text of newsletter.toml; comments and order stay. Pure."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

import tomlkit

from newsletter.config.access import split_credentials
from newsletter.config.source import KINDS
from newsletter.config.table_changing import Values, set_values
from newsletter.errors import ConfigurationError, Problem


def with_source_changed(text: str, newsletter: str, location: str, values: Values) -> str:
    """The text with these values of the source at the location, which has no password.

    Raises ConfigurationError if the text does not have the source.
    """

    def change(source: Any, _sources: Any, _at: int) -> None:
        set_values(source, values)

    return _edited(text, newsletter, location, change)


def with_sender_confirmed(text: str, newsletter: str, location: str, sender: str) -> str:
    """The text in which mail of the sender to the source at the location is read.

    Those that the text has stay, also one that was added since the settings were read. Raises
    ConfigurationError if the text does not have the source.
    """

    def change(source: Any, _sources: Any, _at: int) -> None:
        confirmed = [str(one) for one in source.get("senders", [])]
        if sender not in map(str.casefold, confirmed):
            set_values(source, {"senders": [*confirmed, sender]})

    return _edited(text, newsletter, location, change)


def without_source(text: str, newsletter: str, location: str) -> str:
    """The text without the source. Raises ConfigurationError if the text does not have it."""
    return _edited(text, newsletter, location, lambda _source, sources, at: sources.pop(at))


def _edited(
    text: str, newsletter: str, location: str, edit: Callable[[Any, Any, int], object]
) -> str:
    expected = copy.deepcopy(tomllib.loads(text))
    document: Any = tomlkit.parse(text)
    for content in (expected, document):
        sources = content.get("newsletters", {}).get(newsletter, {}).get("sources", [])
        at = next((n for n, one in enumerate(sources) if location_of(one) == location), None)
        if at is None:
            raise _not_there(newsletter)
        edit(sources[at], sources, at)
    after = tomlkit.dumps(document)
    if _without_empty(tomllib.loads(after), newsletter) != _without_empty(expected, newsletter):
        raise _not_there(newsletter)
    return after


def _without_empty(document: dict[str, Any], newsletter: str) -> dict[str, Any]:
    """The document as it reads after its last table of sources has been removed."""
    table = document["newsletters"][newsletter]
    if table.get("sources") == []:
        del table["sources"]
    return document


def location_of(source: Mapping[str, Any]) -> str:
    """The location in a table of newsletter.toml, without user and password."""
    return next((split_credentials(str(source[kind]))[0] for kind in KINDS if kind in source), "")


def _not_there(newsletter: str) -> ConfigurationError:
    problem = Problem(
        message="this source is not in the settings any more, or is written in a way that cannot be"
        " changed here",
        field=f"newsletters.{newsletter}.sources",
        fix="change it in newsletter.toml",
    )
    return ConfigurationError([problem])
