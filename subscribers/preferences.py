"""What readers set for themselves: tags, name, frequency, form of mails, time zone, and a pause."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from subscribers import tables
from subscribers.audience import format_follows
from subscribers.history import Event, HistoryEntry, Way, record
from subscribers.subscriber import Frequency, MailFormat, clean_name
from subscribers.time_zones import time_zone_named


def choose(
    connection: sa.Connection,
    subscriber_id: int,
    *,
    name: str,
    follows: Iterable[str],
    way: Way,
    now: datetime,
) -> bool:
    """Set name and followed tags (none means everything); False if nothing changed."""
    table = tables.subscribers
    name, tag_selection = clean_name(name), format_follows(follows)
    changed = connection.execute(
        sa.update(table)
        .where(
            table.c.id == subscriber_id,
            sa.or_(table.c.name != name, table.c.follows != tag_selection),
        )
        .values(name=name, follows=tag_selection)
    )
    if changed.rowcount == 0:
        return False
    tags = tag_selection.strip("|").replace("|", ", ") or "everything"
    _record(connection, subscriber_id, Event.PREFERENCES, way, now, f"follows {tags}")
    return True


def pause(
    connection: sa.Connection, subscriber_id: int, until: datetime, way: Way, now: datetime
) -> bool:
    """Send nothing before `until`; False if nothing changed."""
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
    """End a pause early; False if there is none."""
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


def set_frequency(
    connection: sa.Connection, subscriber_id: int, frequency: Frequency, way: Way, now: datetime
) -> bool:
    """Set the frequency: every issue, or the monthly digest; False if nothing changed."""
    column = tables.subscribers.c.frequency
    changed = _set(connection, subscriber_id, column, frequency.value)
    if changed:
        _record(connection, subscriber_id, Event.PREFERENCES, way, now, f"reads {frequency}")
    return changed


def set_mail_format(
    connection: sa.Connection, subscriber_id: int, mail_format: MailFormat, way: Way, now: datetime
) -> bool:
    """Set how mails are made: HTML with a text part, or text alone; False if nothing changed."""
    column = tables.subscribers.c.mail_format
    changed = _set(connection, subscriber_id, column, mail_format.value)
    if changed:
        _record(connection, subscriber_id, Event.PREFERENCES, way, now, f"gets {mail_format}")
    return changed


def set_time_zone(
    connection: sa.Connection, subscriber_id: int, time_zone: str, way: Way, now: datetime
) -> bool:
    """Set the reader's time zone, "" for the site's own; False if nothing changed.

    Raises TimeZoneError.
    """
    name = time_zone_named(time_zone)
    changed = _set(connection, subscriber_id, tables.subscribers.c.time_zone, name)
    if changed:
        detail = f"is in {name}" if name else "is in no time zone of their own"
        _record(connection, subscriber_id, Event.PREFERENCES, way, now, detail)
    return changed


def _set(connection: sa.Connection, subscriber_id: int, column: sa.Column[str], value: str) -> bool:
    """Set a column of the reader's row; False if it had this value."""
    found = sa.and_(tables.subscribers.c.id == subscriber_id, column != value)
    changed = connection.execute(sa.update(tables.subscribers).where(found).values({column: value}))
    return changed.rowcount > 0


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
