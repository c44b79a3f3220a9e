"""The outbox: letters that wait for a relay, so that no answer is lost while it is down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.store.tables import outbox

HELD_FOR = timedelta(minutes=10)
"""How long a letter belongs to whoever took it; after a crash another one sends it."""

GIVE_UP_AFTER = timedelta(days=3)

_WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A letter as it goes over the wire, and how often it was tried, this time included."""

    id: int
    recipient: str
    envelope_sender: str
    message: bytes
    created_at: datetime
    attempts: int


def put(
    connection: sa.Connection,
    *,
    recipient: str,
    envelope_sender: str,
    message: bytes,
    now: datetime,
) -> None:
    """Leave a letter to be sent; it goes out if the transaction is committed."""
    connection.execute(
        sa.insert(outbox).values(
            recipient=recipient,
            envelope_sender=envelope_sender,
            message=message,
            created_at=now,
            retry_at=now,
        )
    )


def is_anything_due(connection: sa.Connection, now: datetime) -> bool:
    """Whether a letter waits whose time has come."""
    earliest: datetime | None = connection.scalar(sa.select(sa.func.min(outbox.c.retry_at)))
    return earliest is not None and earliest <= now


def take(connection: sa.Connection, now: datetime, most: int) -> list[Waiting]:
    """The next letters, which nobody else is given for HELD_FOR."""
    due = (
        sa.select(outbox.c.id)
        .where(outbox.c.retry_at <= now)
        .order_by(outbox.c.retry_at, outbox.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)  # SQLite has one writer, and passes this over
    )
    taken = connection.execute(
        sa.update(outbox)
        .where(outbox.c.id.in_(due))
        .values(attempts=outbox.c.attempts + 1, retry_at=now + HELD_FOR)
        .returning(
            outbox.c.id,
            outbox.c.recipient,
            outbox.c.envelope_sender,
            outbox.c.message,
            outbox.c.created_at,
            outbox.c.attempts,
        )
    )
    return sorted((Waiting(**row._mapping) for row in taken), key=lambda letter: letter.id)


def remove(connection: sa.Connection, letter_id: int) -> None:
    """It was accepted, or refused for good."""
    connection.execute(sa.delete(outbox).where(outbox.c.id == letter_id))


def put_back(connection: sa.Connection, letter: Waiting, answer: str, now: datetime) -> bool:
    """Try again later; False when it has waited long enough and is thrown away."""
    if now - letter.created_at > GIVE_UP_AFTER:
        remove(connection, letter.id)
        return False
    wait = _WAITS[min(letter.attempts, len(_WAITS)) - 1]
    connection.execute(
        sa.update(outbox)
        .where(outbox.c.id == letter.id)
        .values(retry_at=now + wait, answer=answer[:300])
    )
    return True


def remove_all_to(connection: sa.Connection, recipient: str) -> None:
    """Whatever waits for this address."""
    connection.execute(
        sa.delete(outbox).where(sa.func.lower(outbox.c.recipient) == recipient.lower())
    )
