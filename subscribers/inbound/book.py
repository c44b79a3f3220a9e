"""The book of inbound mail: written down first, dealt with once, kept where nobody could read it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from subscribers import tables
from subscribers.inbound.reading import UnreadableError, header, parse_message
from subscribers.writing import insert_once

FORGET_AFTER = timedelta(days=30)
"""How long it is known what was dealt with: a server that tries again tries within days."""

QUARANTINE_FOR = timedelta(days=90)

MAX_OCTETS = 2_000_000
"""Of one message; of a longer one only the beginning is kept and looked at."""

MAX_ATTEMPTS = 3
"""How often a message is attempted before it is left for a person to look at."""

MAX_TRACEBACK = 20_000
"""Characters; of a longer one the end is kept, which says what went wrong."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """A message as it came in. `digest` is the same when the same mail comes again."""

    content: bytes
    digest: str
    recipient: str
    envelope_sender: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """One message in the book. `content` is None once it was dealt with and thrown away.

    `attempts` counts how often somebody began to handle it, `traceback` is that of the last one
    that failed.
    """

    id: int
    received_at: datetime
    recipient: str
    envelope_sender: str | None
    content: bytes | None
    handled: bool
    kind: str
    action: str
    address: str
    problem: str
    attempts: int = 0
    traceback: str = ""


def arrival(content: bytes, recipient: str, envelope_sender: str | None) -> Arrival:
    """Read what identifies a message. Do this before a transaction: strangers wrote the content."""
    content = content[:MAX_OCTETS]
    return Arrival(
        content=content,
        digest=_digest(content, recipient),
        recipient=_clipped(recipient),
        envelope_sender=None if envelope_sender is None else _clipped(envelope_sender),
    )


def write_down(connection: sa.Connection, came: Arrival, now: datetime) -> Recorded:
    """Record a message; the same one once more is the row that is there."""
    table = tables.inbound_messages
    digest = came.digest
    insert_once(
        connection,
        table,
        {
            "digest": digest,
            "received_at": now,
            "recipient": came.recipient,
            "envelope_sender": came.envelope_sender,
            "content": came.content,
            "kind": "",
            "action": "",
            "address": "",
            "problem": "",
        },
    )
    return _recorded(connection.execute(sa.select(table).where(table.c.digest == digest)).one())


def find(connection: sa.Connection, message_id: int) -> Recorded | None:
    """The message of this number."""
    table = tables.inbound_messages
    row = connection.execute(sa.select(table).where(table.c.id == message_id)).one_or_none()
    return _recorded(row) if row else None


def lock(connection: sa.Connection, message_id: int) -> Recorded | None:
    """The same, held until the transaction ends: two processes never deal with one message."""
    table = tables.inbound_messages
    row = connection.execute(
        sa.select(table).where(table.c.id == message_id).with_for_update()
    ).one_or_none()
    return _recorded(row) if row else None


def begin(
    connection: sa.Connection, message_id: int, now: datetime, *, again: bool = False
) -> Recorded | None:
    """Count one more attempt to handle the message, in a transaction of its own, and give it.

    One that was handled before, or whose content is gone, is given as it is. `again` handles it
    anew: its attempts count from one.
    """
    recorded = lock(connection, message_id)
    if recorded is None or recorded.content is None or (recorded.handled and not again):
        return recorded
    attempts = 1 if again else recorded.attempts + 1
    table = tables.inbound_messages
    connection.execute(
        sa.update(table).where(table.c.id == message_id).values(attempts=attempts, tried_at=now)
    )
    return replace(recorded, attempts=attempts)


def give_back(connection: sa.Connection, message_id: int) -> None:
    """Take one attempt back: it failed for a reason that is not the message's."""
    table = tables.inbound_messages
    connection.execute(
        sa.update(table)
        .where(table.c.id == message_id, table.c.attempts > 0)
        .values(attempts=table.c.attempts - 1)
    )


def note_failure(connection: sa.Connection, message_id: int, traceback: str) -> None:
    """Keep the traceback of an attempt that failed."""
    table = tables.inbound_messages
    connection.execute(
        sa.update(table)
        .where(table.c.id == message_id)
        .values(traceback=_storable(traceback)[-MAX_TRACEBACK:])
    )


def close(
    connection: sa.Connection,
    message_id: int,
    *,
    kind: str,
    action: str,
    address: str,
    problem: str = "",
    keep: bool,
    now: datetime,
) -> None:
    """It was dealt with; its content goes, unless it is kept for people to look at."""
    table = tables.inbound_messages
    values = {
        "handled_at": now,
        "kind": kind,
        "action": action,
        "address": _clipped(address),
        "problem": _clipped(problem),
    }
    if not keep:
        values |= {"content": None, "traceback": ""}
    connection.execute(sa.update(table).where(table.c.id == message_id).values(values))


def unhandled(connection: sa.Connection, before: datetime) -> list[int]:
    """Messages that came, and were last attempted, before this moment and are not handled yet."""
    table = tables.inbound_messages
    last = sa.func.coalesce(table.c.tried_at, table.c.received_at, type_=table.c.received_at.type)
    return list(
        connection.scalars(
            sa.select(table.c.id)
            .where(table.c.handled_at.is_(None), last < before)
            .order_by(table.c.id)
            .limit(100)
        )
    )


def quarantined(connection: sa.Connection) -> Sequence[Recorded]:
    """What is kept for people to look at, newest first."""
    table = tables.inbound_messages
    rows = connection.execute(
        sa.select(table)
        .where(table.c.handled_at.is_not(None), table.c.content.is_not(None))
        .order_by(table.c.id.desc())
        .limit(1000)
    )
    return [_recorded(row) for row in rows]


def mail_about(connection: sa.Connection, key: str) -> list[dict[str, Any]]:
    """What is known of the mail about one address: received_at, recipient, kind, action."""
    table = tables.inbound_messages
    rows = connection.execute(
        sa.select(table.c.received_at, table.c.recipient, table.c.kind, table.c.action)
        .where(table.c.address == key)
        .order_by(table.c.id)
    )
    return [{**row._mapping, "received_at": row.received_at.isoformat()} for row in rows]


def forget_handled(connection: sa.Connection, now: datetime) -> None:
    """Delete what is old: rows soon, quarantined messages later."""
    table = tables.inbound_messages
    kept = table.c.content.is_not(None)
    old = sa.or_(
        sa.and_(sa.not_(kept), table.c.handled_at < now - FORGET_AFTER),
        sa.and_(kept, table.c.handled_at < now - QUARANTINE_FOR),
    )
    connection.execute(sa.delete(table).where(old))


def _digest(content: bytes, recipient: str) -> str:
    """What is the same when the same mail comes again: a server that tries anew adds Received."""
    body = content.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    try:
        message = parse_message(content[:100_000])
        named = [header(message, name) for name in ("Message-ID", "From", "Date", "Subject")]
    except UnreadableError:
        named = []
    # Without a Message-ID two mails may be alike and yet two.
    told = repr(named).encode() + body if named and named[0] else content
    to = recipient.casefold().encode("utf-8", "surrogatepass")
    return hashlib.sha256(to + b"\0" + told).hexdigest()


def _clipped(text: str) -> str:
    return _storable(text)[:320]


def _storable(text: str) -> str:
    """What both databases take: no NUL, no half of a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _recorded(row: sa.Row[tuple[object, ...]]) -> Recorded:
    return Recorded(
        id=row.id,
        received_at=row.received_at,
        recipient=row.recipient,
        envelope_sender=row.envelope_sender,
        content=row.content,
        handled=row.handled_at is not None,
        kind=row.kind,
        action=row.action,
        address=row.address,
        problem=row.problem,
        attempts=row.attempts,
        traceback=row.traceback,
    )
