"""Limits on the number of attempts, counted in the database for all processes together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.store.database import Database
from newsletter.store.tables import tries
from subscribers.sql import insert_once

ATTEMPTS_KEPT = timedelta(days=2)
"""Longer than the period of any limit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptLimit:
    """At most `most` attempts in each period of length `per`, which begins with an attempt."""

    most: int
    per: timedelta


def attempt_within(database: Database, limits: Mapping[str, AttemptLimit], now: datetime) -> bool:
    """Count an attempt by all these keys, and return whether it is within all limits.

    Beyond one of them nothing is written, so that a flood neither fills the table nor keeps anybody
    waiting who writes.
    """
    with database.transaction(read_only=True) as connection:
        if any_is_reached(connection, limits, now):
            return False
    with database.transaction() as connection:
        clear_attempts(connection, now - ATTEMPTS_KEPT)
        counted = [count_attempt(connection, key, limit, now) for key, limit in limits.items()]
    return all(counted)


def count_attempt(connection: sa.Connection, key: str, limit: AttemptLimit, now: datetime) -> bool:
    """Count an attempt by `key`, a keyed hash of who tries; returns whether it is within the limit."""
    insert_once(connection, tries, {"key": key, "since": now, "count": 0})
    is_over = tries.c.since <= now - limit.per
    count = connection.execute(
        sa.update(tries)
        .where(tries.c.key == key)
        .values(
            count=sa.case((is_over, 1), else_=tries.c.count + 1),
            since=sa.case(
                (is_over, sa.bindparam("now", now, tries.c.since.type)), else_=tries.c.since
            ),
        )
        .returning(tries.c.count)
    ).scalar_one()
    return int(count) <= limit.most


def any_is_reached(
    connection: sa.Connection, limits: Mapping[str, AttemptLimit], now: datetime
) -> bool:
    """Whether one of these keys has no attempt left within its limit; none is counted by this."""
    found = connection.execute(
        sa.select(tries.c.key, tries.c.since, tries.c.count).where(tries.c.key.in_(limits))
    )
    return any(
        count >= limits[key].most and since > now - limits[key].per for key, since, count in found
    )


def counted_since(connection: sa.Connection, key: str) -> datetime | None:
    """When the period of the attempts by `key` began; None if none is counted."""
    return connection.scalar(sa.select(tries.c.since).where(tries.c.key == key))


def forget_attempts(connection: sa.Connection, key: str) -> None:
    """Delete the count of `key`, after an attempt that succeeded."""
    connection.execute(sa.delete(tries).where(tries.c.key == key))


def clear_attempts(connection: sa.Connection, before: datetime) -> None:
    """Delete counts whose period began before `before`."""
    connection.execute(sa.delete(tries).where(tries.c.since < before))
