"""The relays' limits between two runs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import sqlalchemy as sa

from newsletter.delivery.limits import RelayLimits
from newsletter.delivery.throttle import Standing
from newsletter.store.database import Database
from newsletter.store.tables import relay_limits


class SqlLimitBook:
    """Implements delivery.limits.LimitBook."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self) -> list[RelayLimits]:
        """What was saved last, of each relay."""
        with self._database.transaction(read_only=True) as connection:
            rows = connection.execute(sa.select(relay_limits)).all()
        return [
            RelayLimits(
                relay=row.relay,
                at=row.at,
                standings=tuple(Standing(**standing) for standing in row.standings),
                day=date.fromisoformat(row.day),
                sent=row.sent,
            )
            for row in rows
        ]

    def save(self, limits: Collection[RelayLimits]) -> None:
        """Replace what is kept of these relays."""
        if not limits:
            return
        with self._database.transaction() as connection:
            connection.execute(
                sa.delete(relay_limits).where(
                    relay_limits.c.relay.in_([limit.relay for limit in limits])
                )
            )
            connection.execute(
                sa.insert(relay_limits),
                [
                    {
                        "relay": limit.relay,
                        "at": limit.at,
                        "standings": [
                            {name: getattr(standing, name) for name in Standing.__slots__}
                            for standing in limit.standings
                        ],
                        "day": limit.day.isoformat(),
                        "sent": limit.sent,
                    }
                    for limit in limits
                ],
            )
