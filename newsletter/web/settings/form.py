"""Forms of settings: a setting as the form's texts, and what is typed as a setting. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from newsletter.config.addresses import checked_address
from newsletter.config.durations import written
from newsletter.config.sender import Mailbox
from newsletter.config.source_policy import SourceFailurePolicy
from newsletter.config.table import Table
from newsletter.errors import InputError
from newsletter.web.settings.parts import Field, Kind, Part
from newsletter.web.settings.schedule_form import schedule_fields, schedule_in, schedule_text

Texts = Mapping[str, str]

MOST_LINES = 200
"""Of a field with several."""

_PLAIN_NAME = re.compile(r"[^\"<>]{0,200}")


def settings_in(part: Part, table: Table) -> dict[str, Any]:
    """The present settings of the part, as they are written in the file."""
    found: dict[str, Any] = {}
    for field in part.fields:
        if field.kind is Kind.LOOK:
            found |= {"theme": table.theme, "palette": table.palette}  # type: ignore[attr-defined] # of a newsletter
        else:
            found[field.key] = _written(getattr(table, _NAMES.get(field.key, field.key)))
    return found


def texts_of(part: Part, settings: Mapping[str, Any]) -> dict[str, str]:
    """The texts in the form's fields for these settings."""
    texts: dict[str, str] = {}
    for field in part.fields:
        texts |= _TEXTS[field.kind](field.key, settings)
    return texts


def typed_settings(part: Part, texts: Texts) -> dict[str, Any]:
    """What was typed, as settings; None for what is left empty. Raises InputError."""
    typed: dict[str, Any] = {}
    for field in part.fields:
        typed |= _TYPED[field.kind](field, texts)
    _require_whole(typed)
    return typed


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that differ; an empty one counts as one that is not there."""
    return {key: value for key, value in after.items() if (before[key] or None) != (value or None)}


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
            return _mailbox_text(value)
        case timedelta():
            return written(value)
        case SourceFailurePolicy():
            return f"wait {written(value.wait)}" if value.do == "wait" else value.do
        case tuple():
            return [one if isinstance(one, date) else str(one) for one in value]
    return value


def _mailbox_text(value: Mailbox) -> str:
    return f"{value.name} <{value.address}>" if value.name else value.address


def _said(field: Field, settings: Mapping[str, Any]) -> str:
    value = settings[field.key]
    match field.kind:
        case Kind.CHECK:
            return "Yes" if value else "No"
        case Kind.CHOICE:
            return field.choices.get(value, str(value))
        case Kind.SCHEDULE:
            return schedule_text(str(value))
        case Kind.POLICY:
            word, _, rest = str(value).partition(" ")
            return f"{field.choices[word]}{f', after {rest}' if rest else ''}"
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


def _hours(duration: str) -> str:
    """The hours of a duration; itself where it is not a whole number of hours."""
    units = {"d": 24, "h": 1}
    parts = re.findall(r"(\d+)([dhms])", duration)
    if any(unit not in units for _count, unit in parts):
        return duration
    return str(sum(int(count) * units[unit] for count, unit in parts))


def _line(field: Field, texts: Texts) -> dict[str, Any]:
    text = " ".join(texts.get(field.key, "").split())
    if not text and field.needed:
        raise InputError(field.needed[:1].lower() + field.needed[1:], field=field.key)
    _require_short(field, text)
    return {field.key: text or None}


def _number(field: Field, texts: Texts) -> dict[str, Any]:
    return {field.key: _whole(field, texts.get(field.key, ""))}


def _hours_typed(field: Field, texts: Texts) -> dict[str, Any]:
    return {field.key: _duration(field, texts.get(field.key, ""))}


def _check(field: Field, texts: Texts) -> dict[str, Any]:
    return {field.key: True if texts.get(field.key) else None}


def _choice(field: Field, texts: Texts) -> dict[str, Any]:
    """What was chosen; a value of the file that the form does not offer is kept."""
    value = texts.get(field.key, "")
    if not value:
        raise InputError(f"nothing is chosen for “{field.label}”", field=field.key)
    _require_short(field, value)
    return {field.key: value}


def _lines(field: Field, texts: Texts) -> dict[str, Any]:
    lines = [line.strip() for line in texts.get(field.key, "").splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        raise InputError(f"there are more than {MOST_LINES} lines", field=field.key)
    for line in lines:
        _require_short(field, line)
        if not line.startswith("@"):
            _require_address(line)
    return {field.key: lines or None}


def _dates(field: Field, texts: Texts) -> dict[str, Any]:
    days = []
    for line in texts.get(field.key, "").split()[:MOST_LINES]:
        try:
            days.append(date.fromisoformat(line))
        except ValueError as error:
            raise InputError(
                f"{line[:30]!r} is not a date", field=field.key, fix="write one such as 2026-12-25"
            ) from error
    return {field.key: sorted(set(days)) or None}


def _sender(field: Field, texts: Texts) -> dict[str, Any]:
    name = " ".join(texts.get("sender_name", "").split())
    address = texts.get("sender_address", "").strip()
    if not _PLAIN_NAME.fullmatch(name) or {"@", ","} <= set(name):
        raise InputError(
            "the sender's name has a sign that mail does not allow in names",
            field=field.key,
            fix="leave out quotation marks, < and >, and a comma beside @",
        )
    _require_address(address)
    return {field.key: _mailbox_text(Mailbox(name=name, address=address))}


def _schedule(field: Field, texts: Texts) -> dict[str, Any]:
    return {field.key: schedule_in(texts)}


def _policy(field: Field, texts: Texts) -> dict[str, Any]:
    word = texts.get(field.key, "")
    if word == "wait":
        hours = Field(key=f"{field.key}_hours", label="Hours to wait")
        wait = _duration(hours, texts.get(hours.key, ""))
        if wait is None:
            raise InputError(
                "it is not said how long to wait", field=field.key, fix="write the hours"
            )
        return {field.key: f"wait {wait}"}
    return _choice(field, texts)


def _look(_field: Field, texts: Texts) -> dict[str, Any]:
    theme, _, palette = texts.get("look", "").partition(":")
    if not theme:
        raise InputError("no look is chosen", field="look")
    return {"theme": theme, "palette": palette or None}


def _duration(field: Field, text: str) -> str | None:
    """Hours as the file has a duration; another duration of the file is kept."""
    text = text.strip()
    if not text or re.fullmatch(r"(?:\d{1,4}[dhms] ?)+", text):
        return text or None
    number = _whole(field, text)
    return None if number is None else written(timedelta(hours=number))


def _whole(field: Field, text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:9]) <= 9999 and len(text) < 6):
        raise InputError(
            f"{text[:20]!r} is not a number for “{field.label}”",
            field=field.key,
            fix="write a whole number from 1 on",
        )
    return int(text)


def _require_short(field: Field, text: str) -> None:
    if len(text) > field.longest:
        raise InputError(
            f"“{field.label}” is longer than {field.longest} characters",
            field=field.key,
            fix="shorten it",
        )


def _require_address(text: str) -> None:
    try:
        checked_address(text)
    except ValueError as error:
        raise InputError(
            f"{text[:80]!r} is not an e-mail address", fix="write one such as news@your.site"
        ) from error


def _require_whole(typed: Mapping[str, Any]) -> None:
    """Refuse what makes sense field by field, and not together. Raises InputError."""
    if typed.get("approval") == "remind" and not typed.get("editors"):
        raise InputError(
            "there is nobody to remind", field="editors", fix="write at least one address"
        )


_TEXTS: dict[Kind, Callable[[str, Mapping[str, Any]], dict[str, str]]] = {
    Kind.LINE: _one_text,
    Kind.NUMBER: _one_text,
    Kind.CHOICE: _one_text,
    Kind.LINES: _one_text,
    Kind.DATES: _one_text,
    Kind.CHECK: _check_text,
    Kind.HOURS: _hours_text,
    Kind.SENDER: _sender_texts,
    Kind.SCHEDULE: lambda key, settings: schedule_fields(settings[key]),
    Kind.POLICY: _policy_texts,
    Kind.LOOK: _look_text,
}
_TYPED: dict[Kind, Callable[[Field, Texts], dict[str, Any]]] = {
    Kind.LINE: _line,
    Kind.NUMBER: _number,
    Kind.CHOICE: _choice,
    Kind.LINES: _lines,
    Kind.DATES: _dates,
    Kind.CHECK: _check,
    Kind.HOURS: _hours_typed,
    Kind.SENDER: _sender,
    Kind.SCHEDULE: _schedule,
    Kind.POLICY: _policy,
    Kind.LOOK: _look,
}
