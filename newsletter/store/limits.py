"""The relays' limits, shared by all senders on the database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from newsletter.delivery.rates import Change, LimitState, RelayLimits
from newsletter.store.database import Database
from newsletter.store.tables import relay_limits

T = TypeVar("T")


class SqlLimitBook:
    """Implements delivery.rates.LimitBook."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def change(self, relay: str, change: Change[T]) -> T:
        """In one transaction, call `change` with the stored limits and the time; store its result.

        The time is the database's, because machines' clocks differ and the senders share one rate.
        """
        with self._database.transaction() as connection:
            if not self._database.is_sqlite:
                # Locks a row that may not exist yet; SQLite has only one writer anyway.
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(*_lock(relay))))
            stored = _find(connection, relay)
            after, answer = change(stored, self._now(connection))
            row = _row(after)
            if stored is None:
                connection.execute(sa.insert(relay_limits).values(row))
            else:
                connection.execute(
                    sa.update(relay_limits).where(relay_limits.c.relay == relay).values(row)
                )
        return answer

    def find(self, relay: str) -> RelayLimits | None:
        """The stored limits of this relay."""
        with self._database.transaction(read_only=True) as connection:
            return _find(connection, relay)

    def _now(self, connection: sa.Connection) -> datetime:
        if self._database.is_sqlite:
            return datetime.now(UTC)
        now: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return now.astimezone(UTC)


def _lock(relay: str) -> tuple[Any, Any]:
    return sa.func.hashtext("newsletter relay"), sa.func.hashtext(relay)


def _find(connection: sa.Connection, relay: str) -> RelayLimits | None:
    row = connection.execute(
        sa.select(relay_limits).where(relay_limits.c.relay == relay)
    ).one_or_none()
    if row is None:
        return None
    return RelayLimits(
        relay=row.relay,
        at=row.at,
        standings=tuple(LimitState(**standing) for standing in row.standings),
        day=date.fromisoformat(row.day),
        sent=row.sent,
        reserved=row.reserved,
        reserved_until=row.reserved_until,
    )


def _row(limits: RelayLimits) -> dict[str, Any]:
    return {
        "relay": limits.relay,
        "at": limits.at,
        "standings": [
            {name: getattr(standing, name) for name in LimitState.__slots__}
            for standing in limits.standings
        ],
        "day": limits.day.isoformat(),
        "sent": limits.sent,
        "reserved": limits.reserved,
        "reserved_until": limits.reserved_until,
    }
