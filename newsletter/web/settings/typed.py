"""What is typed into a form of settings, as settings. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from newsletter.config.addresses import checked_address
from newsletter.config.durations import written
from newsletter.config.readers_hour import parse_readers_hour
from newsletter.config.sender import Mailbox
from newsletter.errors import InputError
from newsletter.web.settings.form import Texts, mailbox_text
from newsletter.web.settings.parts import Field, Kind, Part
from newsletter.web.settings.schedule_form import schedule_in
from newsletter.web.settings.section_form import typed_sections

MOST_LINES = 200
"""Of a field with several."""

_PLAIN_NAME = re.compile(r"[^\"<>]{0,200}")


def typed_settings(part: Part, texts: Texts) -> dict[str, Any]:
    """What was typed, as settings; None for what is left empty. Raises InputError."""
    typed: dict[str, Any] = {}
    for field in part.fields:
        typed |= _TYPED[field.kind](field, texts)
    _require_whole(typed)
    return typed


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
    if not value and "" in field.choices:
        return {field.key: None}
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
    return {field.key: mailbox_text(Mailbox(name=name, address=address))}


def _schedule(field: Field, texts: Texts) -> dict[str, Any]:
    return {field.key: schedule_in(texts)}


def _readers_hour(field: Field, texts: Texts) -> dict[str, Any]:
    text = texts.get(field.key, "").strip()
    if not text:
        return {field.key: None}
    try:
        return {field.key: f"reader {parse_readers_hour(f'reader {text:0>5}'):%H:%M}"}
    except ValueError as error:
        raise InputError(
            f"{text[:20]!r} is not a time of day", field=field.key, fix="write one such as 07:00"
        ) from error


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


_TYPED: dict[Kind, Callable[[Field, Texts], dict[str, Any]]] = {
    Kind.LINE: _line,
    Kind.NUMBER: _number,
    Kind.CHOICE: _choice,
    Kind.LINES: _lines,
    Kind.DATES: _dates,
    Kind.CHECK: _check,
    Kind.HOURS: _hours_typed,
    Kind.SENDER: _sender,
    Kind.READERS_HOUR: _readers_hour,
    Kind.SCHEDULE: _schedule,
    Kind.POLICY: _policy,
    Kind.LOOK: _look,
    Kind.SECTIONS: lambda field, texts: {field.key: typed_sections(texts)},
}
