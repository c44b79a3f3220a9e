"""Reads the people in a JSON document one by one, so that a large one needs little memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from subscribers.errors import ImportFileError

_ENVELOPES = frozenset(
    {"results", "data", "entries", "subscribers", "subscriptions", "members", "contacts"}
)
"""Where a JSON document has its people."""

DEEPEST = 100
"""How many lists and objects may lie in each other. What is exported has less than ten, and ijson
keeps the whole path of each level, so 80 kB of brackets would need 6 GB.
"""

MAX_PERSON = 1_000_000
"""Characters of a document that is a single person."""


def read_json_people(
    open_text: Callable[[], TextIO], source_name: str
) -> tuple[Sequence[str], Iterator[tuple[int, Sequence[str]]]]:
    """The names of all fields, and each person's values with the person's number.

    `open_text` opens the document from its beginning; it is read repeatedly, because the last person
    may have a field that no other has. Raises ImportFileError if it has no list of people.
    """
    import ijson  # slow to load, and few files are JSON

    try:
        _require_shallow(open_text())
        path = _path_of_people(open_text())
        header = list(dict.fromkeys(n for person in _people(open_text(), path) for n in person))
    except (ijson.JSONError, ValueError, RecursionError) as error:
        raise ImportFileError(
            f"it is not valid JSON: {error}", file=source_name, fix="export it again"
        ) from error
    if path is None and "email" not in header:
        raise ImportFileError(
            "it is a JSON document without a list of people",
            file=source_name,
            fix="name the JSON that the tool exports for its subscribers or members, or a CSV file",
        )
    rows = (
        (number, [_cell(person.get(name)) for name in header])
        for number, person in enumerate(_people(open_text(), path), start=1)
    )
    return header, rows


def _require_shallow(text: TextIO) -> None:
    """Raise ValueError for a document that is nested more than DEEPEST."""
    import ijson

    depth = 0
    for event, _value in ijson.basic_parse(_Octets(text)):
        if event in ("start_map", "start_array"):
            depth += 1
            if depth > DEEPEST:
                raise ValueError(f"it is nested more than {DEEPEST} levels deep")
        elif event in ("end_map", "end_array"):
            depth -= 1


def _path_of_people(text: TextIO) -> str | None:
    """Where the list of people is, as ijson names it; None if there is none."""
    import ijson

    at = ""
    for prefix, event, value in ijson.parse(_Octets(text)):
        if prefix == at and event == "start_array":
            return f"{at}.item".lstrip(".")
        if prefix == at and event == "map_key" and value.casefold() in _ENVELOPES:
            at = f"{at}.{value}".lstrip(".")
    return None


def _people(text: TextIO, path: str | None) -> Iterator[Mapping[str, Any]]:
    import ijson

    if path is None:
        document = json.loads(text.read(MAX_PERSON))
        people: Iterator[Any] = iter([document])
    else:
        people = ijson.items(_Octets(text), path, use_float=True)
    return (_with_lists(person) for person in people if isinstance(person, dict))


class _Octets:
    """The text as octets in UTF-8, which ijson reads."""

    def __init__(self, text: TextIO) -> None:
        self._text = text

    def read(self, size: int) -> bytes:
        """So many characters, encoded."""
        return self._text.read(size).encode("utf-8", "surrogateescape")


def _with_lists(person: dict[str, Any]) -> dict[str, Any]:
    """Add the status that listmonk gives for each list, which counts as well as the person's own."""
    lists = person.get("lists")
    if not isinstance(lists, list) or not all(isinstance(one, dict) for one in lists):
        return person
    subscriptions = [(one.get("subscription_status"), one.get("optin")) for one in lists]
    held = [one for one in subscriptions if one[0] != "unsubscribed"]
    if subscriptions and not held:
        status = "unsubscribed"
    elif held and all(one == ("unconfirmed", "double") for one in held):
        status = "unconfirmed"
    else:
        status = "subscribed"
    return {**person, "subscription_status": status}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).casefold()
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return ";".join(str(one) for one in value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
