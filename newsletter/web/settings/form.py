"""Forms of settings: a setting as the form's texts, and what a change does in words. Pure.

typed.py reads what is typed into them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from typing import Any

from newsletter.config.durations import written
from newsletter.config.sender import Mailbox
from newsletter.config.source_policy import SourceFailurePolicy
from newsletter.config.table import Table
from newsletter.web.settings.parts import Field, Kind, Part
from newsletter.web.settings.schedule_form import schedule_fields, schedule_text
from newsletter.web.settings.section_form import (
    section_rows,
    section_texts,
    sections_in,
    sections_said,
    with_places,
)

Texts = Mapping[str, str]


def settings_in(part: Part, table: Table) -> dict[str, Any]:
    """The present settings of the part, as they are written in the file."""
    found: dict[str, Any] = {}
    for field in part.fields:
        if field.kind is Kind.LOOK:
            found |= {"theme": table.theme, "palette": table.palette}  # type: ignore[attr-defined] # of a newsletter
        elif field.kind is Kind.SECTIONS:
            found[field.key] = with_places(sections_in(table.sections))  # type: ignore[attr-defined] # of a newsletter
        else:
            found[field.key] = _written(getattr(table, _NAMES.get(field.key, field.key)))
    return found


def texts_of(part: Part, settings: Mapping[str, Any]) -> dict[str, str]:
    """The texts in the form's fields for these settings."""
    texts: dict[str, str] = {}
    for field in part.fields:
        texts |= _TEXTS[field.kind](field.key, settings)
    return texts


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that differ; an empty one counts as one that is not there."""
    return {key: value for key, value in after.items() if (before[key] or None) != (value or None)}


def in_file(values: Mapping[str, Any]) -> dict[str, Any]:
    """The changed settings as the file takes them."""
    return {
        key: section_rows(value) if key == "sections" else value for key, value in values.items()
    }


def told(
    part: Part, values: Mapping[str, Any], before: Mapping[str, Any]
) -> list[tuple[str, str, str]]:
    """Each change in words: what it is of, how it was, how it will be."""
    lines = []
    for field in part.fields:
        keys = ("theme", "palette") if field.kind is Kind.LOOK else (field.key,)
        if any(key in values for key in keys):
            after = {**before, **values}
            label = field.label.partition(":")[0]
            lines.append((label, _said(field, before), _said(field, after)))
    return lines


_NAMES = {"from": "sender"}
"""Settings that the code calls otherwise."""


def _written(value: Any) -> Any:
    """The value as the file has it."""
    match value:
        case Mailbox():
            return mailbox_text(value)
        case time():
            return f"reader {value:%H:%M}"
        case timedelta():
            return written(value)
        case SourceFailurePolicy():
            return f"wait {written(value.wait)}" if value.do == "wait" else value.do
        case tuple():
            return [one if isinstance(one, date) else str(one) for one in value]
    return value


def mailbox_text(value: Mailbox) -> str:
    """The sender as the file has it."""
    return f"{value.name} <{value.address}>" if value.name else value.address


def _said(field: Field, settings: Mapping[str, Any]) -> str:
    value = settings[field.key]
    match field.kind:
        case Kind.CHECK:
            return "Yes" if value else "No"
        case Kind.CHOICE:
            return field.choices.get(value or "", str(value))
        case Kind.READERS_HOUR:
            return _readers_hour(value) or "At once"
        case Kind.SCHEDULE:
            return schedule_text(str(value))
        case Kind.POLICY:
            word, _, rest = str(value).partition(" ")
            return f"{field.choices[word]}{f', after {rest}' if rest else ''}"
        case Kind.SECTIONS:
            return sections_said(value)
        case Kind.LOOK:
            return " · ".join(named(one) for one in (value, settings["palette"]) if one)
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "Nothing"
    return "Nothing" if value in (None, "") else str(value)


def named(slug: str) -> str:
    """The name of a theme or a palette for people."""
    return slug.replace("-", " ").capitalize()


def _one_text(key: str, settings: Mapping[str, Any]) -> dict[str, str]:
    value = settings[key]
    if isinstance(value, list):
        return {key: "\n".join(map(str, value))}
    return {key: "" if value is None else str(value)}


def _check_text(key: str, settings: Mapping[str, Any]) -> dict[str, str]:
    return {key: "yes" if settings[key] else ""}


def _hours_text(key: str, settings: Mapping[str, Any]) -> dict[str, str]:
    return {key: _hours(settings[key])}


def _sender_texts(key: str, settings: Mapping[str, Any]) -> dict[str, str]:
    name, _, rest = settings[key].rpartition(" <")
    return {"sender_name": name, "sender_address": rest.rstrip(">")}


def _policy_texts(key: str, settings: Mapping[str, Any]) -> dict[str, str]:
    word, _, rest = settings[key].partition(" ")
    return {key: word, f"{key}_hours": _hours(rest) if rest else ""}


def _look_text(_key: str, settings: Mapping[str, Any]) -> dict[str, str]:
    return {"look": f"{settings['theme']}:{settings['palette'] or ''}"}


def _readers_hour(value: str | None) -> str:
    """The time alone, without the word before it in the file."""
    return (value or "").rpartition(" ")[2]


def _hours(duration: str) -> str:
    """The hours of a duration; itself where it is not a whole number of hours."""
    units = {"d": 24, "h": 1}
    parts = re.findall(r"(\d+)([dhms])", duration)
    if any(unit not in units for _count, unit in parts):
        return duration
    return str(sum(int(count) * units[unit] for count, unit in parts))


_TEXTS: dict[Kind, Callable[[str, Mapping[str, Any]], dict[str, str]]] = {
    Kind.LINE: _one_text,
    Kind.NUMBER: _one_text,
    Kind.CHOICE: _one_text,
    Kind.LINES: _one_text,
    Kind.DATES: _one_text,
    Kind.CHECK: _check_text,
    Kind.HOURS: _hours_text,
    Kind.SENDER: _sender_texts,
    Kind.READERS_HOUR: lambda key, settings: {key: _readers_hour(settings[key])},
    Kind.SCHEDULE: lambda key, settings: schedule_fields(settings[key]),
    Kind.POLICY: _policy_texts,
    Kind.LOOK: _look_text,
    Kind.SECTIONS: lambda key, settings: section_texts(settings[key]),
}
