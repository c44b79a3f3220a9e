"""What readers choose for themselves: tags, name, how often, and a pause."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from subscribers import tables
from subscribers.audience import format_follows
from subscribers.history import Event, HistoryEntry, Way, record
from subscribers.subscriber import Frequency, clean_name


def choose(
    connection: sa.Connection,
    subscriber_id: int,
    *,
    name: str,
    follows: Iterable[str],
    way: Way,
    now: datetime,
) -> bool:
    """Set name and followed tags (none: everything); False when they were so before."""
    table = tables.subscribers
    name, wish = clean_name(name), format_follows(follows)
    changed = connection.execute(
        sa.update(table)
        .where(table.c.id == subscriber_id, sa.or_(table.c.name != name, table.c.follows != wish))
        .values(name=name, follows=wish)
    )
    if changed.rowcount == 0:
        return False
    tags = wish.strip("|").replace("|", ", ") or "everything"
    _record(connection, subscriber_id, Event.PREFERENCES, way, now, f"follows {tags}")
    return True


def pause(
    connection: sa.Connection, subscriber_id: int, until: datetime, way: Way, now: datetime
) -> bool:
    """Send nothing before `until`; then the mail comes again by itself."""
    table = tables.subscribers
    paused = connection.execute(
        sa.update(table)
        .where(
            table.c.id == subscriber_id,
            sa.or_(table.c.paused_until.is_(None), table.c.paused_until != until),
        )
        .values(paused_until=until)
    )
    if paused.rowcount == 0:
        return False
    _record(connection, subscriber_id, Event.PAUSE, way, now, f"until {until.isoformat()}")
    return True


def resume(connection: sa.Connection, subscriber_id: int, way: Way, now: datetime) -> bool:
    """End a pause before its time; False when there is none."""
    table = tables.subscribers
    resumed = connection.execute(
        sa.update(table)
        .where(table.c.id == subscriber_id, table.c.paused_until > now)
        .values(paused_until=None)
    )
    if resumed.rowcount == 0:
        return False
    _record(connection, subscriber_id, Event.RESUME, way, now, "")
    return True


def read_how_often(
    connection: sa.Connection, subscriber_id: int, frequency: Frequency, way: Way, now: datetime
) -> bool:
    """Every issue, or the monthly digest; False when it was so before."""
    table = tables.subscribers
    changed = connection.execute(
        sa.update(table)
        .where(table.c.id == subscriber_id, table.c.frequency != frequency.value)
        .values(frequency=frequency.value)
    )
    if changed.rowcount == 0:
        return False
    _record(connection, subscriber_id, Event.PREFERENCES, way, now, f"reads {frequency}")
    return True


def _record(
    connection: sa.Connection,
    subscriber_id: int,
    event: Event,
    way: Way,
    now: datetime,
    detail: str,
) -> None:
    entry = HistoryEntry(subscriber_id=subscriber_id, at=now, event=event, way=way, detail=detail)
    record(connection, [entry])
