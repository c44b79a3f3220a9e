"""The outbox of webhooks: events, the messages about them for each address, and their outcomes.

Events are derived from the consent record and the issues, which are written anyway. So the code
that changes subscriptions does not depend on webhooks, and only committed events are reported.
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
from subscribers.sql import insert_once
from subscribers.tables import history, subscribers

ROWS_READ_AGAIN = 1000
"""Rows of the record that are read again: on PostgreSQL a lower number may be committed
later than a higher one."""

KEPT = timedelta(days=30)
"""How long messages are kept, sent ones included."""

_JOINED = (Event.ADD, Event.CONFIRM, Event.UNDO)


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookEvent:
    """An event to report. `subject` identifies it permanently; `data` describes it."""

    event: str
    subject: str
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A message about one event to one address; `attempts` includes the current attempt."""

    id: int
    url: str
    body: str
    attempts: int


def begin(connection: sa.Connection, url: str, now: datetime) -> None:
    """Start recording events for this address, unless that has been started."""
    row = {"url": url, "first_seen": now, "history_id": _newest(connection)}
    insert_once(connection, webhook_endpoints, row)


def webhook_events(connection: sa.Connection, url: str, now: datetime) -> Sequence[WebhookEvent]:
    """The recent events that may not yet have a message to this address, oldest first."""
    endpoint = connection.execute(
        sa.select(webhook_endpoints).where(webhook_endpoints.c.url == url)
    ).one()
    # Nothing older than the messages that `clear` keeps, or it would be sent again.
    since = max(endpoint.first_seen, now - KEPT / 2)
    return [
        *_of_readers(connection, endpoint.history_id - ROWS_READ_AGAIN, since),
        *_of_issues(connection, since),
    ]


def event_of(connection: sa.Connection, subject: str) -> WebhookEvent | None:
    """The event again, from the record; None if it is not there any more, as after an erasure."""
    kind, _, name = subject.partition(" ")
    if kind == "issue":
        newsletter, _, number = name.rpartition("/")
        chosen = sa.select(issues).where(
            issues.c.newsletter == newsletter,
            issues.c.number == int(number),
            issues.c.send_finished_at.is_not(None),
        )
        row = connection.execute(chosen).one_or_none()
        return _of_issue(connection, row) if row is not None else None
    entry = connection.execute(
        sa.select(history, subscribers.c.address, subscribers.c.name)
        .join(subscribers, subscribers.c.id == history.c.subscriber_id)
        .where(history.c.id == int(name.partition(" ")[0]))
    ).one_or_none()
    event = _of_reader(entry) if entry is not None else None
    return event if event is not None and event.subject == subject else None


def note(
    connection: sa.Connection, url: str, event: WebhookEvent, body: str, now: datetime
) -> bool:
    """Put a message into the outbox; False when it was already there."""
    row = {
        "url": url,
        "subject": event.subject,
        "event": event.event,
        "body": body,
        "created_at": now,
        "attempts": 0,
        "retry_at": now,
        "answer": "",
    }
    return insert_once(connection, webhook_messages, row)


def advance(connection: sa.Connection, url: str) -> None:
    """Record that everything up to now has messages to this address."""
    newest = _newest(connection)
    connection.execute(
        sa.update(webhook_endpoints)
        .where(webhook_endpoints.c.url == url, webhook_endpoints.c.history_id != newest)
        .values(history_id=newest)
    )


def claim(
    connection: sa.Connection, urls: Collection[str], *, limit: int, now: datetime, lease: timedelta
) -> Sequence[Message]:
    """Claim messages that are due, for the time `lease`: after that others may claim them."""
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
    """Record that the message was accepted, and delete its body, which has personal data."""
    _set(connection, message, answer=answer, delivered_at=now, retry_at=None, body="")


def retry(connection: sa.Connection, message: Message, answer: str, at: datetime) -> None:
    """Record that the message was not accepted, to be sent again at that time."""
    _set(connection, message, answer=answer, retry_at=at)


def give_up(connection: sa.Connection, message: Message, answer: str) -> None:
    """Record that the message was not accepted, and will not be sent again."""
    _set(connection, message, answer=answer, retry_at=None, body="")


def give_back(connection: sa.Connection, message: Message, now: datetime) -> None:
    """Record that the message was claimed and not sent: it is due, and no attempt was made."""
    _set(connection, message, retry_at=now, attempts=message.attempts - 1)


def clear(connection: sa.Connection, now: datetime) -> None:
    """Delete old messages, also those that wait for an address no longer configured."""
    connection.execute(
        sa.delete(webhook_messages).where(webhook_messages.c.created_at < now - KEPT)
    )


def _set(connection: sa.Connection, message: Message, **values: Any) -> None:
    connection.execute(
        sa.update(webhook_messages).where(webhook_messages.c.id == message.id).values(values)
    )


def _newest(connection: sa.Connection) -> int:
    return connection.execute(sa.select(sa.func.max(history.c.id))).scalar_one() or 0


def _of_readers(connection: sa.Connection, after: int, since: datetime) -> Iterator[WebhookEvent]:
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
    yield from map(_of_reader, rows)


def _of_reader(row: sa.Row[Any]) -> WebhookEvent:
    if row.event in _JOINED:
        event = "subscribed"
    else:
        event = "bounced" if row.way == Way.BOUNCE else "unsubscribed"
    return WebhookEvent(
        event=event,
        # With the time, because SQLite may reuse the id of an erased row.
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


def _of_issues(connection: sa.Connection, since: datetime) -> Iterator[WebhookEvent]:
    rows = connection.execute(
        sa.select(issues)
        .where(issues.c.state == State.SENT, issues.c.send_finished_at >= since)
        .order_by(issues.c.id)
    )
    for row in rows.all():
        yield _of_issue(connection, row)


def _of_issue(connection: sa.Connection, row: sa.Row[Any]) -> WebhookEvent:
    counts = counts_of(connection, row.id)
    return WebhookEvent(
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
