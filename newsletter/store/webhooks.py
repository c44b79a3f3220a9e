"""The outbox of webhooks: what happened, for whom it was noted, and what came of telling it.

What happened is read off the consent record and the issues, which are written anyway: so nothing
that changes a subscription needs to know of webhooks, and nothing is told that did not happen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.issues.issue import State
from newsletter.store.ledger import counts_of
from newsletter.store.tables import issues, webhook_endpoints, webhook_messages
from subscribers.history import Event, Way
from subscribers.tables import history, subscribers
from subscribers.writing import insert_once

LOOKED_BACK = 1000
"""Rows of the record that are looked at again: on PostgreSQL a lower number may be committed
later than a higher one."""

KEPT = timedelta(days=30)
"""How long it is kept that something was told."""

_JOINED = (Event.ADD, Event.CONFIRM, Event.UNDO)


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """Something to tell. `subject` names it for ever; `data` is what is told of it."""

    event: str
    subject: str
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One happening on its way to one address; `attempts` counts the present one."""

    id: int
    url: str
    body: str
    attempts: int


def begin(connection: sa.Connection, url: str, now: datetime) -> None:
    """Note what happens from now on for this address, unless that has begun."""
    row = {"url": url, "first_seen": now, "history_id": _newest(connection)}
    insert_once(connection, webhook_endpoints, row)


def happenings(connection: sa.Connection, url: str, now: datetime) -> Sequence[Happening]:
    """What has happened lately and may not yet be noted for this address, oldest first."""
    endpoint = connection.execute(
        sa.select(webhook_endpoints).where(webhook_endpoints.c.url == url)
    ).one()
    # Nothing older than what `clear` leaves, or it would be told again.
    since = max(endpoint.first_seen, now - KEPT / 2)
    return [
        *_of_readers(connection, endpoint.history_id - LOOKED_BACK, since),
        *_of_issues(connection, since),
    ]


def note(
    connection: sa.Connection, url: str, happening: Happening, body: str, now: datetime
) -> bool:
    """Put a message into the outbox; False when it has been there already."""
    row = {
        "url": url,
        "subject": happening.subject,
        "event": happening.event,
        "body": body,
        "created_at": now,
        "attempts": 0,
        "retry_at": now,
        "answer": "",
    }
    return insert_once(connection, webhook_messages, row)


def advance(connection: sa.Connection, url: str) -> None:
    """All that the record holds now has been noted for this address."""
    newest = _newest(connection)
    connection.execute(
        sa.update(webhook_endpoints)
        .where(webhook_endpoints.c.url == url, webhook_endpoints.c.history_id != newest)
        .values(history_id=newest)
    )


def claim(
    connection: sa.Connection, urls: Collection[str], *, limit: int, now: datetime, lease: timedelta
) -> Sequence[Message]:
    """Take messages that are due; whoever dies with one leaves it to others after `lease`."""
    chosen = (
        sa.select(webhook_messages.c.id)
        .where(webhook_messages.c.url.in_(urls), webhook_messages.c.retry_at <= now)
        .order_by(webhook_messages.c.retry_at, webhook_messages.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("chosen")
    )
    rows = connection.execute(
        sa.update(webhook_messages)
        .where(webhook_messages.c.id.in_(sa.select(chosen.c.id)))
        .values(retry_at=now + lease, attempts=webhook_messages.c.attempts + 1)
        .returning(
            webhook_messages.c.id,
            webhook_messages.c.url,
            webhook_messages.c.body,
            webhook_messages.c.attempts,
        )
    )
    found = [Message(id=row.id, url=row.url, body=row.body, attempts=row.attempts) for row in rows]
    return sorted(found, key=lambda message: message.id)


def delivered(connection: sa.Connection, message: Message, answer: str, now: datetime) -> None:
    """It was taken; who it was about is not kept."""
    _set(connection, message, answer=answer, delivered_at=now, retry_at=None, body="")


def retry(connection: sa.Connection, message: Message, answer: str, at: datetime) -> None:
    """It was not taken; tell it again at that time."""
    _set(connection, message, answer=answer, retry_at=at)


def give_up(connection: sa.Connection, message: Message, answer: str) -> None:
    """It was not taken, and will not be told again."""
    _set(connection, message, answer=answer, retry_at=None, body="")


def clear(connection: sa.Connection, now: datetime) -> None:
    """Forget what is done, and what waits for an address that is no longer asked."""
    connection.execute(
        sa.delete(webhook_messages).where(webhook_messages.c.created_at < now - KEPT)
    )


def _set(connection: sa.Connection, message: Message, **values: Any) -> None:
    connection.execute(
        sa.update(webhook_messages).where(webhook_messages.c.id == message.id).values(values)
    )


def _newest(connection: sa.Connection) -> int:
    return connection.execute(sa.select(sa.func.max(history.c.id))).scalar_one() or 0


def _of_readers(connection: sa.Connection, after: int, since: datetime) -> Iterator[Happening]:
    rows = connection.execute(
        sa.select(history, subscribers.c.address, subscribers.c.name)
        .join(subscribers, subscribers.c.id == history.c.subscriber_id)
        .where(
            history.c.id > after,
            history.c.at >= since,
            history.c.event.in_([*_JOINED, Event.UNSUBSCRIBE]),
        )
        .order_by(history.c.id)
    )
    for row in rows:
        if row.event in _JOINED:
            event = "subscribed"
        else:
            event = "bounced" if row.way == Way.BOUNCE else "unsubscribed"
        yield Happening(
            event=event,
            # With the time: SQLite may give the number of an erased row again.
            subject=f"history {row.id} {row.at.isoformat()}",
            at=row.at,
            data={
                "list": row.list_slug,
                "way": row.way,
                "subscriber": {
                    "id": row.subscriber_id,
                    "address": row.address,
                    "name": row.name,
                },
            },
        )


def _of_issues(connection: sa.Connection, since: datetime) -> Iterator[Happening]:
    rows = connection.execute(
        sa.select(issues)
        .where(issues.c.state == State.SENT, issues.c.send_finished_at >= since)
        .order_by(issues.c.id)
    )
    for row in rows.all():
        counts = counts_of(connection, row.id)
        yield Happening(
            event="sent",
            subject=f"issue {row.newsletter}/{row.number}",
            at=row.send_finished_at,
            data={
                "issue": f"{row.newsletter}/{row.number}",
                "newsletter": row.newsletter,
                "number": row.number,
                "subject": row.subject,
                "audience": row.audience,
                "deliveries": {state.value: count for state, count in counts.items() if count},
            },
        )
