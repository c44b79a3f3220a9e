"""The outbox: letters that wait for a relay, so that none is lost while the relay is down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.dated_letter import LetterState
from newsletter.store.database import Database
from newsletter.store.letter_ledger import settle
from newsletter.store.liveness import is_alive
from newsletter.store.tables import outbox

GIVE_UP_AFTER = timedelta(days=3)

UNKNOWN_KEPT = timedelta(days=30)
"""How long a letter with unknown outcome is kept."""

WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
"""The times until a letter is retried after each attempt; the last one applies to all further."""

MOST_TEXT = 300
"""Characters of a relay's answer that are kept."""

IN_HAND = (DeliveryState.CLAIMED, DeliveryState.TRANSMITTING)


def put(
    connection: sa.Connection,
    *,
    recipient: str,
    envelope_sender: str,
    message: bytes,
    now: datetime,
) -> None:
    """Add a letter, which is sent once the transaction is committed."""
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
    """Whether a letter is due."""
    earliest: datetime | None = connection.scalar(
        sa.select(sa.func.min(outbox.c.retry_at)).where(outbox.c.state == DeliveryState.PENDING)
    )
    return earliest is not None and earliest <= now


def dead_senders(database: Database) -> list[str]:
    """The dead senders that have letters in hand."""
    with database.transaction(read_only=True) as connection:
        senders = connection.scalars(
            sa.select(outbox.c.sender).where(outbox.c.state.in_(IN_HAND)).distinct()
        ).all()
    return [str(sender) for sender in senders if not is_alive(database, str(sender))]


def put_off(connection: sa.Connection, answer: str, now: datetime, *, is_attempt: bool) -> int:
    """Postpone the letters that are due; returns how many are dropped because they are too old.

    `is_attempt`: it counts as an attempt, and the wait grows with the number of attempts.
    """
    due = sa.and_(outbox.c.state == DeliveryState.PENDING, outbox.c.retry_at <= now)
    given_up = connection.execute(
        sa.delete(outbox)
        .where(due, outbox.c.created_at < now - GIVE_UP_AFTER)
        .returning(outbox.c.letter_text_id, outbox.c.subscriber_id)
    ).all()
    ended = [(row.letter_text_id, row.subscriber_id) for row in given_up]
    settle(connection, LetterState.EXPIRED, ended, now)
    dropped = len(given_up)
    if not is_attempt:
        later = {"retry_at": now + WAITS[0], "answer": answer[:MOST_TEXT]}
        connection.execute(sa.update(outbox).where(due).values(**later))
        return dropped
    for index, wait in enumerate(WAITS):
        is_last = index == len(WAITS) - 1
        attempts = outbox.c.attempts >= index if is_last else outbox.c.attempts == index
        connection.execute(
            sa.update(outbox)
            .where(due, attempts)
            .values(attempts=outbox.c.attempts + 1, retry_at=now + wait, answer=answer[:MOST_TEXT])
        )
    return dropped


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterCounts:
    """How many letters are waiting or in progress, and how many have an unknown outcome.

    An outcome is unknown when the sender or the connection died after the final dot.
    """

    waiting: int
    unknown: int


def count_letters(connection: sa.Connection) -> LetterCounts:
    """The counts of the outbox's letters."""
    is_unknown = outbox.c.state == DeliveryState.UNKNOWN
    rows = connection.execute(
        sa.select(is_unknown, sa.func.count()).select_from(outbox).group_by(is_unknown)
    ).all()
    counts = {bool(row[0]): row[1] for row in rows}
    return LetterCounts(waiting=counts.get(False, 0), unknown=counts.get(True, 0))


def drop_unknown(connection: sa.Connection, before: datetime) -> None:
    """Delete the letters with unknown outcome that were written before then."""
    connection.execute(
        sa.delete(outbox).where(
            outbox.c.state == DeliveryState.UNKNOWN, outbox.c.created_at < before
        )
    )


def remove_all_to(connection: sa.Connection, recipient: str) -> None:
    """Delete all letters to this address."""
    connection.execute(
        sa.delete(outbox).where(sa.func.lower(outbox.c.recipient) == recipient.lower())
    )


def letters_to(connection: sa.Connection, recipient: str) -> list[dict[str, Any]]:
    """The letters to this address that wait or have an unknown outcome, oldest first."""
    rows = connection.execute(
        sa.select(outbox.c.created_at, outbox.c.state, outbox.c.attempts, outbox.c.answer)
        .where(sa.func.lower(outbox.c.recipient) == recipient.lower())
        .order_by(outbox.c.id)
    )
    return [{**row._mapping, "created_at": row.created_at.isoformat()} for row in rows]
