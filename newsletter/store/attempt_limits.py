"""Limits on how often something is tried, kept in the database so that every process counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.store.tables import tries
from subscribers.sql import insert_once


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptLimit:
    """`most` tries in each period of `per`, counted from the first."""

    most: int
    per: timedelta


def count_attempt(connection: sa.Connection, key: str, limit: AttemptLimit, now: datetime) -> bool:
    """Count one try by `key` (a keyed hash: who tries is not kept); whether it is within the limit."""
    insert_once(connection, tries, {"key": key, "since": now, "count": 0})
    over = tries.c.since <= now - limit.per
    count = connection.execute(
        sa.update(tries)
        .where(tries.c.key == key)
        .values(
            count=sa.case((over, 1), else_=tries.c.count + 1),
            since=sa.case(
                (over, sa.bindparam("now", now, tries.c.since.type)), else_=tries.c.since
            ),
        )
        .returning(tries.c.count)
    ).scalar_one()
    return int(count) <= limit.most


def forget_attempts(connection: sa.Connection, key: str) -> None:
    """Begin anew: it worked."""
    connection.execute(sa.delete(tries).where(tries.c.key == key))


def clear_attempts(connection: sa.Connection, before: datetime) -> None:
    """Delete counts whose period began before `before`."""
    connection.execute(sa.delete(tries).where(tries.c.since < before))
