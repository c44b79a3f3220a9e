"""The messages to a webhook as the desk shows them, and to send one of them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.store.tables import webhook_messages


@dataclass(frozen=True, kw_only=True, slots=True)
class LoggedMessage:
    """A message: about which event, how often it was tried, and the result of the last attempt.

    `retry_at` is None for one that was delivered or given up.
    """

    id: int
    url: str
    subject: str
    event: str
    created_at: datetime
    attempts: int
    retry_at: datetime | None
    delivered_at: datetime | None
    answer: str


def newest_messages(
    connection: sa.Connection, url: str, *, limit: int, before: int | None = None
) -> Sequence[LoggedMessage]:
    """Up to `limit` messages to the address, newest first, of those below the number `before`."""
    query = _logged().where(webhook_messages.c.url == url)
    if before is not None:
        query = query.where(webhook_messages.c.id < before)
    rows = connection.execute(query.order_by(webhook_messages.c.id.desc()).limit(limit))
    return [_message(row) for row in rows]


def find_message(connection: sa.Connection, number: int) -> LoggedMessage | None:
    """The message with that number."""
    row = connection.execute(_logged().where(webhook_messages.c.id == number)).one_or_none()
    return _message(row) if row is not None else None


def send_again(connection: sa.Connection, number: int, body: str, now: datetime) -> None:
    """Let the message be due now, with all its attempts before it; its number stays the same."""
    connection.execute(
        sa.update(webhook_messages)
        .where(webhook_messages.c.id == number)
        .values(body=body, attempts=0, retry_at=now, delivered_at=None)
    )


def _logged() -> sa.Select[Any]:
    columns = webhook_messages.c
    return sa.select(
        columns.id, columns.url, columns.subject, columns.event, columns.created_at,
        columns.attempts, columns.retry_at, columns.delivered_at, columns.answer,
    )  # fmt: skip


def _message(row: sa.Row[Any]) -> LoggedMessage:
    return LoggedMessage(**row._mapping)
