"""Which events were reported before, and how many of each outcome there were."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from subscribers.sql import insert_once
from subscribers.tables import provider_event_counts, provider_events

KEPT = timedelta(days=30)
"""How long an event is remembered; no provider repeats one for longer than some days."""


def is_new(connection: sa.Connection, provider: str, key: str, now: datetime) -> bool:
    """Note the event, or what else may be used only once; returns whether it was not noted before."""
    digest = hashlib.sha256(f"{provider}\0{key}".encode()).hexdigest()
    return insert_once(connection, provider_events, {"key": digest, "at": now})


def count_outcomes(connection: sa.Connection, provider: str, counts: Mapping[str, int]) -> None:
    """Add to the counts of this provider's events by outcome."""
    table = provider_event_counts
    for outcome, count in counts.items():
        insert_once(connection, table, {"provider": provider, "outcome": outcome, "n": 0})
        connection.execute(
            sa.update(table)
            .where(table.c.provider == provider, table.c.outcome == outcome)
            .values(n=table.c.n + count)
        )


def outcome_counts(connection: sa.Connection) -> dict[tuple[str, str], int]:
    """How many events there were so far, by provider and outcome."""
    table = provider_event_counts
    rows = connection.execute(sa.select(table).order_by(table.c.provider, table.c.outcome))
    return {(row.provider, row.outcome): row.n for row in rows}


def forget_events(connection: sa.Connection, now: datetime) -> int:
    """Forget events older than KEPT; return their number."""
    return connection.execute(
        sa.delete(provider_events).where(provider_events.c.at < now - KEPT)
    ).rowcount
