"""The form of a source: what is typed as the values of newsletter.toml, and the other way. Pure."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import Any

from starlette.datastructures import FormData

from newsletter.articles.identity.addresses import location_key
from newsletter.config.durations import written
from newsletter.config.settings import SourceSettings
from newsletter.errors import InputError
from newsletter.web.reader.answers import text

EVERY = {
    "": "As often as it changes",
    "15m": "Every quarter of an hour",
    "1h": "Every hour",
    "6h": "Every six hours",
    "1d": "Every day",
}


def key_of(source: SourceSettings) -> str:
    """What stands for the source in an address: its location may contain anything."""
    named = f"{source.kind} {location_key(source.location)}"
    return hashlib.sha256(named.encode()).hexdigest()[:12]


def values_in(form: FormData) -> dict[str, Any]:
    """The values that the form gives the source; None for what is left empty.

    Raises InputError for a number that is none.
    """
    days = _whole_number(text(form, "days"), "days")
    return {
        "name": text(form, "name").strip() or None,
        "tags": [one for one in re.split(r"\s*,\s*", text(form, "tags").strip()) if one] or None,
        "include": _lines(text(form, "include")) or None,
        "exclude": _lines(text(form, "exclude")) or None,
        "max_items": _whole_number(text(form, "most"), "articles"),
        "max_age": None if days is None else f"{days}d",
        "follow": True if text(form, "follow") else None,
        "every": text(form, "every") or None,
    }


def fields_of(source: SourceSettings) -> dict[str, str]:
    """The form's fields for the source as it is."""
    return {
        "name": source.name or "",
        "tags": ", ".join(source.tags),
        "include": "\n".join(source.include),
        "exclude": "\n".join(source.exclude),
        "most": str(source.max_items or ""),
        "days": _days(source.max_age),
        "follow": "yes" if source.follow else "",
        "every": written(source.every) if source.every else "",
    }


def _days(age: timedelta | None) -> str:
    return "" if age is None else str(max(1, round(age / timedelta(days=1))))


def _lines(given: str) -> list[str]:
    return [line.strip() for line in given.splitlines() if line.strip()]


def _whole_number(given: str, what: str) -> int | None:
    given = given.strip()
    if not given:
        return None
    if not (given.isascii() and given.isdecimal() and int(given[:9]) > 0 and len(given) < 6):
        raise InputError(
            f"{given[:20]!r} is not a number of {what}", fix="write a number from 1 on"
        )
    return int(given)
