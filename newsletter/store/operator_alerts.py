"""The alerts sent to the operators, recorded so that a problem is not reported again and again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.store.tables import site

_PREFIX = "trouble "


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """When the operators were last told of something, and of which problem."""

    at: datetime
    problem: str


def is_due(before: Told | None, problem: str, now: datetime, again_after: timedelta | None) -> bool:
    """Whether to report the problem now; `again_after` None: not while it is the last one told."""
    if before is None or before.problem != problem:
        return True
    return again_after is not None and now - before.at >= again_after


def last(connection: sa.Connection, about: str) -> Told | None:
    """What the operators were last told about the subject."""
    value: str | None = connection.execute(
        sa.select(site.c.value).where(site.c.key == _PREFIX + about)
    ).scalar_one_or_none()
    return None if value is None else _told(value)


def all_told(connection: sa.Connection, prefix: str) -> dict[str, Told]:
    """What the operators were last told about each subject that begins with `prefix`."""
    start = _PREFIX + prefix
    rows = connection.execute(sa.select(site).where(site.c.key.startswith(start, autoescape=True)))
    return {row.key.removeprefix(_PREFIX): _told(row.value) for row in rows}


def put(connection: sa.Connection, about: str, told: Told | None) -> None:
    """Store what the operators were told; None forgets it."""
    forget(connection, about)
    if told is not None:
        value = f"{told.at.isoformat()} {told.problem}"
        connection.execute(sa.insert(site).values(key=_PREFIX + about, value=value))


def forget(connection: sa.Connection, about: str) -> None:
    """Forget the problem because it is over."""
    connection.execute(sa.delete(site).where(site.c.key == _PREFIX + about))


def _told(value: str) -> Told:
    at, _, problem = value.partition(" ")
    return Told(at=datetime.fromisoformat(at), problem=problem)
