"""Who is to get a dated letter: readers are planned by the record of their confirmations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.issues.dated_letter import SKIPPED, LetterState
from newsletter.store import letter_ledger
from newsletter.store.letter_ledger import add_counts
from newsletter.store.letter_tables import dated_letters, letter_readers
from subscribers.lists import names_of
from subscribers.sql import insert_once
from subscribers.tables import history, is_confirming, subscribers

OVERLAP = timedelta(minutes=10)
"""A confirmation may become visible so long after its time, while its transaction lasts."""

_MAY_CONFIRM_AGAIN = frozenset({LetterState.WAITING, *SKIPPED}) - {LetterState.WITHDRAWN}
"""A reader in one of these states who joins anew may still get the letter."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmed:
    """That a reader confirmed, and the zone that they chose."""

    history_id: int
    subscriber_id: int
    at: datetime
    time_zone: str


def has_letters(connection: sa.Connection) -> bool:
    """Whether the site has a dated letter."""
    query = sa.select(dated_letters.c.id).where(dated_letters.c.deleted_at.is_(None))
    return connection.execute(query.limit(1)).first() is not None


def planned_to(connection: sa.Connection, letter_id: int) -> datetime:
    """Up to when confirmations were planned."""
    moment: datetime = connection.execute(
        sa.select(dated_letters.c.planned_to).where(dated_letters.c.id == letter_id)
    ).scalar_one()
    return moment


def confirmed_since(
    connection: sa.Connection, list_slug: str, after: datetime, last: Confirmed | None = None
) -> list[Confirmed]:
    """The next confirmations of the list, or of lists merged into it, in the order of their time."""
    moment = history.c.at > after
    if last is not None:
        moment = sa.or_(
            history.c.at > last.at,
            sa.and_(history.c.at == last.at, history.c.id > last.history_id),
        )
        moment = sa.and_(history.c.at >= last.at, moment)
    rows = connection.execute(
        sa.select(
            history.c.id.label("history_id"),
            history.c.subscriber_id,
            history.c.at,
            subscribers.c.time_zone,
        )
        .join(subscribers, subscribers.c.id == history.c.subscriber_id)
        .where(is_confirming, history.c.list_slug.in_(names_of(list_slug)), moment)
        .order_by(history.c.at, history.c.id)
        .limit(letter_ledger.BATCH)
    )
    return [Confirmed(**row._mapping) for row in rows]


def plan(
    connection: sa.Connection, letter_id: int, looks: Mapping[int, tuple[datetime, datetime]]
) -> int:
    """Have these readers wait for the letter; returns how many were not waiting yet.

    `looks` has when each confirmed, and when they are decided. Who got the letter stays as they are.
    """
    if not _may_be_planned(connection, letter_id):
        return 0
    rows = connection.execute(
        sa.select(
            letter_readers.c.subscriber_id, letter_readers.c.state, letter_readers.c.confirmed_at
        ).where(letter_readers.c.letter_id == letter_id, letter_readers.c.subscriber_id.in_(looks))
    )
    known = {row.subscriber_id: row for row in rows}
    changes: Counter[LetterState] = Counter()
    for reader, (confirmed_at, look_at) in sorted(looks.items()):
        values = {
            "confirmed_at": confirmed_at, "look_at": look_at, "state": LetterState.WAITING
        }  # fmt: skip
        before = known.get(reader)
        if before is None:
            row = {"letter_id": letter_id, "subscriber_id": reader, **values}
            changes[LetterState.WAITING] += insert_once(connection, letter_readers, row)
        elif before.state in _MAY_CONFIRM_AGAIN and before.confirmed_at < confirmed_at:
            connection.execute(
                sa.update(letter_readers)
                .where(_row(letter_id, reader), letter_readers.c.state == before.state)
                .values(**values, at=None)
            )
            changes[LetterState(before.state)] -= 1
            changes[LetterState.WAITING] += 1
    add_counts(connection, letter_id, changes)
    return changes[LetterState.WAITING]


def note_planned(connection: sa.Connection, letter_id: int, to: datetime) -> None:
    """Note up to when confirmations are planned; it never moves back."""
    connection.execute(
        sa.update(dated_letters)
        .where(dated_letters.c.id == letter_id, dated_letters.c.planned_to < to)
        .values(planned_to=to)
    )


def _may_be_planned(connection: sa.Connection, letter_id: int) -> bool:
    """Whether the letter is not deleted; nobody deletes it until the transaction ends."""
    query = sa.select(dated_letters.c.id).where(
        dated_letters.c.id == letter_id, dated_letters.c.deleted_at.is_(None)
    )
    return connection.execute(query.with_for_update()).first() is not None


def _row(letter_id: int, reader: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        letter_readers.c.letter_id == letter_id, letter_readers.c.subscriber_id == reader
    )
