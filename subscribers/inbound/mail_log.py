"""The log of inbound mail: each message is stored first, handled once, and quarantined on failure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from subscribers import tables
from subscribers.inbound.identity import MailIdentity
from subscribers.sql import insert_once

FORGET_AFTER = timedelta(days=30)
"""How long a handled message is remembered; servers that send a message again do so within days."""

QUARANTINE_FOR = timedelta(days=90)

MAX_OCTETS = 2_000_000
"""Size of a stored message; of a longer one only the beginning is kept and read."""

MAX_ATTEMPTS = 3
"""How often a message is attempted before it is quarantined for a person to examine."""

MAX_TRACEBACK = 20_000
"""Characters; of a longer one the end is kept, which names the error."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """A message as received. `digest` is the same if the same mail is received again."""

    content: bytes
    digest: str
    recipient: str
    envelope_sender: str | None
    authenticated: bool | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LoggedMail:
    """One message of the log. `content` is None once it was handled and deleted.

    `authenticated` says whether our own listener found where it comes from; None where a mail
    server took it. `attempts` counts how often a process began to handle it; `traceback` is that of the last
    failure.
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
    authenticated: bool | None = None
    issue: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class HandledMail:
    """What the log records of a handled message: its kind, what was done, and for whom.

    `problem` says why nothing was done, or not everything. `keep` quarantines the content for a
    person to examine. `issue` is the one that a reply answers, such as `weekly/12`.
    """

    kind: str
    action: str
    address: str
    problem: str = ""
    keep: bool = False
    issue: str = ""


def arrival(
    content: bytes,
    identity: MailIdentity,
    recipient: str,
    envelope_sender: str | None,
    authenticated: bool | None = None,
) -> Arrival:
    """Compute what identifies a message, of which `identity` is what its header says."""
    content = content[:MAX_OCTETS]
    return Arrival(
        content=content,
        digest=_digest(content, identity, recipient),
        recipient=_clipped(recipient),
        envelope_sender=None if envelope_sender is None else _clipped(envelope_sender),
        authenticated=authenticated,
    )


def log_mail(connection: sa.Connection, received: Arrival, now: datetime) -> LoggedMail:
    """Store a message and return its row; a message received before returns the existing row."""
    table = tables.inbound_messages
    digest = received.digest
    insert_once(
        connection,
        table,
        {
            "digest": digest,
            "received_at": now,
            "recipient": received.recipient,
            "envelope_sender": received.envelope_sender,
            "authenticated": received.authenticated,
            "content": received.content,
            "kind": "",
            "action": "",
            "address": "",
            "problem": "",
        },
    )
    return _logged_mail(connection.execute(sa.select(table).where(table.c.digest == digest)).one())


def find(connection: sa.Connection, message_id: int) -> LoggedMail | None:
    """Return the message with this number, or None."""
    table = tables.inbound_messages
    row = connection.execute(sa.select(table).where(table.c.id == message_id)).one_or_none()
    return _logged_mail(row) if row else None


def lock(connection: sa.Connection, message_id: int) -> LoggedMail | None:
    """Like `find`, but lock the row, so that no two processes handle the message at once."""
    table = tables.inbound_messages
    row = connection.execute(
        sa.select(table).where(table.c.id == message_id).with_for_update()
    ).one_or_none()
    return _logged_mail(row) if row else None


def begin(
    connection: sa.Connection, message_id: int, now: datetime, *, again: bool = False
) -> LoggedMail | None:
    """Count one more attempt to handle the message, and return the message.

    Call it in a transaction of its own. A message that was handled before, or whose content was
    deleted, is returned unchanged. `again` handles it once more and restarts the count at one.
    """
    logged = lock(connection, message_id)
    if logged is None or logged.content is None or (logged.handled and not again):
        return logged
    attempts = 1 if again else logged.attempts + 1
    table = tables.inbound_messages
    connection.execute(
        sa.update(table).where(table.c.id == message_id).values(attempts=attempts, tried_at=now)
    )
    return replace(logged, attempts=attempts)


def give_back(connection: sa.Connection, message_id: int) -> None:
    """Take one attempt back, which failed for a reason that has nothing to do with the message."""
    table = tables.inbound_messages
    connection.execute(
        sa.update(table)
        .where(table.c.id == message_id, table.c.attempts > 0)
        .values(attempts=table.c.attempts - 1)
    )


def note_failure(connection: sa.Connection, message_id: int, traceback: str) -> None:
    """Store the traceback of a failed attempt."""
    table = tables.inbound_messages
    connection.execute(
        sa.update(table)
        .where(table.c.id == message_id)
        .values(traceback=storable(traceback)[-MAX_TRACEBACK:])
    )


def close(connection: sa.Connection, message_id: int, outcome: HandledMail, now: datetime) -> None:
    """Mark the message as handled and delete its content, unless the outcome keeps it."""
    table = tables.inbound_messages
    values = {
        "handled_at": now,
        "kind": outcome.kind,
        "action": outcome.action,
        "address": _clipped(outcome.address),
        "problem": _clipped(outcome.problem),
        "issue": outcome.issue,
    }
    if not outcome.keep:
        values |= {"content": None, "traceback": ""}
    connection.execute(sa.update(table).where(table.c.id == message_id).values(values))


def unhandled(connection: sa.Connection, before: datetime) -> list[int]:
    """Up to 100 unhandled messages that were received and last attempted before `before`."""
    table = tables.inbound_messages
    last_attempt = sa.func.coalesce(
        table.c.tried_at, table.c.received_at, type_=table.c.received_at.type
    )
    return list(
        connection.scalars(
            sa.select(table.c.id)
            .where(table.c.handled_at.is_(None), last_attempt < before)
            .order_by(table.c.id)
            .limit(100)
        )
    )


def kept_octets(connection: sa.Connection) -> int:
    """How much the quarantined messages take, and those that are not handled yet."""
    table = tables.inbound_messages
    size = sa.func.sum(sa.func.length(table.c.content))
    return connection.scalar(sa.select(size).where(table.c.content.is_not(None))) or 0


def quarantined(connection: sa.Connection) -> Sequence[LoggedMail]:
    """The quarantined messages, newest first, at most 1000."""
    table = tables.inbound_messages
    rows = connection.execute(
        sa.select(table)
        .where(table.c.handled_at.is_not(None), table.c.content.is_not(None))
        .order_by(table.c.id.desc())
        .limit(1000)
    )
    return [_logged_mail(row) for row in rows]


def count_quarantined(connection: sa.Connection) -> int:
    """How many messages are quarantined, at most 1000."""
    table = tables.inbound_messages
    kept = sa.select(table.c.id).where(
        table.c.handled_at.is_not(None), table.c.content.is_not(None)
    )
    return (
        connection.scalar(sa.select(sa.func.count()).select_from(kept.limit(1000).subquery())) or 0
    )


def newest_mail(
    connection: sa.Connection, kind: str, *, before: int | None = None, limit: int
) -> Sequence[LoggedMail]:
    """Up to `limit` messages of this kind, newest first, of those below the number `before`."""
    table = tables.inbound_messages
    query = sa.select(table).where(table.c.kind == kind).order_by(table.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(table.c.id < before)
    return [_logged_mail(row) for row in connection.execute(query)]


def mail_about(connection: sa.Connection, key: str) -> list[dict[str, Any]]:
    """The logged mail about one address key: received_at, recipient, kind, action."""
    table = tables.inbound_messages
    rows = connection.execute(
        sa.select(table.c.received_at, table.c.recipient, table.c.kind, table.c.action)
        .where(table.c.address == key)
        .order_by(table.c.id)
    )
    return [{**row._mapping, "received_at": row.received_at.isoformat()} for row in rows]


def forget_handled(connection: sa.Connection, now: datetime) -> None:
    """Delete handled messages after FORGET_AFTER and quarantined ones after QUARANTINE_FOR."""
    table = tables.inbound_messages
    kept = table.c.content.is_not(None)
    old = sa.or_(
        sa.and_(sa.not_(kept), table.c.handled_at < now - FORGET_AFTER),
        sa.and_(kept, table.c.handled_at < now - QUARANTINE_FOR),
    )
    connection.execute(sa.delete(table).where(old))


def _digest(content: bytes, identity: MailIdentity, recipient: str) -> str:
    """A hash of the message without its Received headers, which a server adds when it sends again."""
    named = identity.named
    body = content.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    # Without a Message-ID, two different mails may agree in these headers and the body.
    own = repr(list(named)).encode() + body if named and named[0] else content
    to = recipient.casefold().encode("utf-8", "surrogatepass")
    return hashlib.sha256(to + b"\0" + own).hexdigest()


def _clipped(text: str) -> str:
    return storable(text)[:320]


def storable(text: str) -> str:
    """The text without what a database refuses: NUL characters and lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _logged_mail(row: sa.Row[tuple[object, ...]]) -> LoggedMail:
    return LoggedMail(
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
        authenticated=row.authenticated,
        issue=row.issue,
    )
