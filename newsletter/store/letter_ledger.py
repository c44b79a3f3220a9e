"""The ledger of dated letters: who waits for one, who got one, and who did not and why.

The sum of a letter's counts is the number of its readers: no row is ever deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.dated_letter import LetterState
from newsletter.issues.issue import State
from newsletter.store.issues import insert_rows
from newsletter.store.letter_tables import (
    is_waiting,
    letter_counts,
    letter_readers,
    letter_texts,
)
from newsletter.store.sending_tables import outbox
from newsletter.store.tables import deliveries, issues
from subscribers.tables import subscribers

BATCH = 500
"""Readers that are planned or decided in one transaction."""

SOON = timedelta(minutes=1)

NOT_SENT = frozenset({DeliveryState.REJECTED, DeliveryState.SUPPRESSED, DeliveryState.EXPIRED})
"""The states of a delivery by which no issue came."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitingReader:
    """A reader whose letter is to be decided."""

    subscriber_id: int
    confirmed_at: datetime
    time_zone: str


def has_due(connection: sa.Connection, now: datetime) -> bool:
    """Whether a reader's letter is to be decided."""
    query = sa.select(letter_readers.c.letter_id).where(is_waiting, letter_readers.c.look_at <= now)
    return connection.execute(query.limit(1)).first() is not None


def has_room(connection: sa.Connection, now: datetime) -> bool:
    """Whether so few dated letters wait for a relay that more may be written; see corrections."""
    count = sa.select(sa.func.count()).where(
        outbox.c.letter_text_id.is_not(None),
        outbox.c.state == DeliveryState.PENDING,
        outbox.c.retry_at <= now + SOON,
    )
    return (connection.scalar(count) or 0) < BATCH


def take_due(connection: sa.Connection, now: datetime) -> dict[int, list[WaitingReader]]:
    """The next readers to be decided, by the letter; no other transaction takes them meanwhile."""
    rows = connection.execute(
        sa.select(
            letter_readers.c.letter_id,
            letter_readers.c.subscriber_id,
            letter_readers.c.confirmed_at,
            sa.func.coalesce(subscribers.c.time_zone, "").label("time_zone"),
        )
        .select_from(
            letter_readers.outerjoin(
                subscribers, subscribers.c.id == letter_readers.c.subscriber_id
            )
        )
        .where(is_waiting, letter_readers.c.look_at <= now)
        .order_by(letter_readers.c.look_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True, of=letter_readers)  # SQLite has one writer
    )
    found: dict[int, list[WaitingReader]] = {}
    for row in rows:
        found.setdefault(row.letter_id, []).append(
            WaitingReader(
                subscriber_id=row.subscriber_id,
                confirmed_at=row.confirmed_at,
                time_zone=row.time_zone,
            )
        )
    return found


def look_again(connection: sa.Connection, letter_id: int, looks: Mapping[int, datetime]) -> None:
    """Decide these readers at these moments."""
    by_moment: dict[datetime, list[int]] = {}
    for reader, moment in looks.items():
        by_moment.setdefault(moment, []).append(reader)
    for moment, readers in by_moment.items():
        connection.execute(
            sa.update(letter_readers)
            .where(_rows(letter_id, readers), is_waiting)
            .values(look_at=moment)
        )


def skip(
    connection: sa.Connection,
    letter_id: int,
    skipped: Mapping[LetterState, list[int]],
    now: datetime,
) -> None:
    """Note that these readers do not get the letter, by why."""
    for state, readers in skipped.items():
        _end(connection, letter_id, readers, LetterState.WAITING, state, now)


def queue(
    connection: sa.Connection, letter_id: int, text_id: int, readers: Collection[int], now: datetime
) -> None:
    """Put the letters to these readers into the outbox, in the same transaction as their states."""
    if not readers:
        return
    _end(connection, letter_id, readers, LetterState.WAITING, LetterState.QUEUED, now)
    connection.execute(
        sa.update(letter_readers).where(_rows(letter_id, readers)).values(text_id=text_id)
    )
    letter = {"recipient": "", "envelope_sender": "", "message": b"", "created_at": now}
    insert_rows(
        connection,
        outbox,
        (
            {**letter, "retry_at": now, "letter_text_id": text_id, "subscriber_id": reader}
            for reader in sorted(readers)
        ),
    )


def settle(
    connection: sa.Connection,
    state: LetterState,
    letters: Iterable[tuple[int | None, int | None]],
    now: datetime,
) -> None:
    """Note what became of letters that were queued, given the text and the reader of each.

    Letters without a text are not dated letters, and are passed over.
    """
    by_text: dict[int, list[int]] = {}
    for text_id, reader in letters:
        if text_id is not None and reader is not None:
            by_text.setdefault(text_id, []).append(reader)
    if not by_text:
        return
    rows = connection.execute(
        sa.select(letter_texts.c.id, letter_texts.c.letter_id).where(letter_texts.c.id.in_(by_text))
    )
    letter_ids = {row.id: row.letter_id for row in rows}
    # A fixed order prevents deadlocks.
    for text_id, readers in sorted(by_text.items(), key=lambda one: (letter_ids[one[0]], one[0])):
        _end(connection, letter_ids[text_id], readers, LetterState.QUEUED, state, now)


def issues_sent_since(
    connection: sa.Connection, newsletters: Collection[str], since: datetime
) -> dict[int, datetime]:
    """When the issues of these newsletters whose send began since then went out, by their row."""
    rows = connection.execute(
        sa.select(issues.c.id, issues.c.send_started_at).where(
            issues.c.newsletter.in_(newsletters), issues.c.send_started_at >= since
        )
    )
    return {row.id: row.send_started_at for row in rows}


def is_send_unplanned(connection: sa.Connection, newsletter: str) -> bool:
    """Whether an issue is being sent of which nobody's delivery is planned yet."""
    query = sa.select(issues.c.id).where(
        issues.c.newsletter == newsletter,
        issues.c.state == State.SENDING,
        issues.c.audience.is_(None),
    )
    return connection.execute(query.limit(1)).first() is not None


def came_to(
    connection: sa.Connection, sent: Mapping[int, datetime], readers: Collection[int]
) -> dict[int, list[datetime]]:
    """When these issues came, or come at their hour, to each of the readers who get them."""
    if not sent:
        return {}
    rows = connection.execute(
        sa.select(deliveries.c.issue_id, deliveries.c.subscriber_id, deliveries.c.not_before).where(
            deliveries.c.issue_id.in_(sent),
            deliveries.c.subscriber_id.in_(readers),
            deliveries.c.state.not_in(NOT_SENT),
        )
    )
    found: dict[int, list[datetime]] = {}
    for row in rows:
        found.setdefault(row.subscriber_id, []).append(row.not_before or sent[row.issue_id])
    return found


def add_counts(
    connection: sa.Connection, letter_id: int, changes: Mapping[LetterState, int]
) -> None:
    """Add to the letter's counts."""
    insert: Callable[[sa.Table], Any] = (
        sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    )
    for state, change in sorted(changes.items()):
        if change:
            statement = insert(letter_counts).values(letter_id=letter_id, state=state, n=change)
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=list(letter_counts.primary_key.columns),
                    set_={"n": letter_counts.c.n + statement.excluded.n},
                )
            )


def _end(
    connection: sa.Connection,
    letter_id: int,
    readers: Collection[int],
    before: LetterState,
    state: LetterState,
    now: datetime,
) -> None:
    """Move these readers from one state to another, with the counts."""
    moved = connection.execute(
        sa.update(letter_readers)
        .where(_rows(letter_id, readers), letter_readers.c.state == before)
        .values(state=state, at=now)
    ).rowcount
    add_counts(connection, letter_id, {before: -moved, state: moved})


def _rows(letter_id: int, readers: Collection[int]) -> sa.ColumnElement[bool]:
    return sa.and_(
        letter_readers.c.letter_id == letter_id, letter_readers.c.subscriber_id.in_(readers)
    )
