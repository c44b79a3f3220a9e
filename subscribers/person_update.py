"""Changes what is known about a person, on behalf of an editor or a program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from subscribers import tables
from subscribers.audience import format_follows
from subscribers.errors import AttributeNameError
from subscribers.history import Event, HistoryEntry, Way, record
from subscribers.subscriber import Frequency, MailFormat, Subscriber, clean_name
from subscribers.time_zones import time_zone_named

LONGEST_ATTRIBUTE = 10_000
"""Characters of an attribute's value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonChanges:
    """What is to change; None leaves a value as it is, and removes an attribute."""

    name: str | None = None
    follows: frozenset[str] | None = None
    frequency: Frequency | None = None
    time_zone: str | None = None
    mail_format: MailFormat | None = None
    attributes: Mapping[str, str | None] = field(default_factory=dict)


def update_person(
    connection: sa.Connection,
    person: Subscriber,
    changes: PersonChanges,
    *,
    now: datetime,
    way: Way,
    detail: str,
) -> list[str]:
    """Change the person and record it; returns the names of the values that are different now.

    Raises AttributeNameError for an attribute that a segment could not name, and TimeZoneError.
    """
    values = changed_values(person, changes)
    if values:
        table = tables.subscribers
        connection.execute(sa.update(table).where(table.c.id == person.id).values(values))
        entry = HistoryEntry(
            subscriber_id=person.id,
            at=now,
            event=Event.UPDATE,
            way=way,
            detail=f"{', '.join(sorted(values))} {detail}",
        )
        record(connection, [entry])
    return sorted("tags" if name == "follows" else name for name in values)


def changed_values(person: Subscriber, changes: PersonChanges) -> dict[str, Any]:
    """The columns that differ, with their new values (pure)."""
    attributes = dict(person.attributes)
    for name, value in changes.attributes.items():
        _require_usable(name, value)
        if value is None:
            attributes.pop(name, None)
        else:
            attributes[name] = value
    wanted: dict[str, Any] = {
        "name": None if changes.name is None else clean_name(changes.name),
        "follows": None if changes.follows is None else format_follows(changes.follows),
        "frequency": None if changes.frequency is None else changes.frequency.value,
        "time_zone": None if changes.time_zone is None else time_zone_named(changes.time_zone),
        "mail_format": None if changes.mail_format is None else changes.mail_format.value,
        "attributes": attributes,
    }
    before: dict[str, Any] = {
        "name": person.name,
        "follows": format_follows(person.follows),
        "frequency": person.frequency.value,
        "time_zone": person.time_zone,
        "mail_format": person.mail_format.value,
        "attributes": dict(person.attributes),
    }
    return {
        name: value for name, value in wanted.items() if value is not None and value != before[name]
    }


def _require_usable(name: str, value: str | None) -> None:
    if not name.strip() or any(sign in name for sign in '"\\\x00') or len(name) > 100:
        raise AttributeNameError(
            f"{name[:40]!r} cannot be the name of an attribute",
            field="attributes",
            fix="use up to 100 characters without quotation marks and backslashes",
        )
    if value is not None and (len(value) > LONGEST_ATTRIBUTE or "\x00" in value):
        raise AttributeNameError(
            f"the value of {name[:40]!r} is longer than {LONGEST_ATTRIBUTE} characters, "
            "or contains a NUL",
            field="attributes",
            fix="shorten it",
        )
