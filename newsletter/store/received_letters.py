"""The dated letters of one reader, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.issues.dated_letter import LetterState
from newsletter.store.dated_letters import letter_name
from newsletter.store.letter_tables import dated_letters, letter_readers, letter_texts


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceivedLetter:
    """A letter that a reader waits for, got, or did not get.

    `subject` is that of the version that was sent, or else of the newest. `at` is None while it waits.
    """

    letter: str
    subject: str
    state: LetterState
    at: datetime | None


def letters_of_reader(connection: sa.Connection, subscriber_id: int) -> list[ReceivedLetter]:
    """The reader's letters, in the order in which they confirmed for them."""
    found = letters_by_reader(connection, subscriber_id, subscriber_id)
    return found.get(subscriber_id, [])


def letters_by_reader(
    connection: sa.Connection, first: int, last: int
) -> dict[int, list[ReceivedLetter]]:
    """The same of each reader with an id from `first` to `last`."""
    theirs = letter_texts.alias()
    newest = (
        sa.select(sa.func.max(theirs.c.id))
        .where(theirs.c.letter_id == letter_readers.c.letter_id)
        .correlate(letter_readers)
        .scalar_subquery()
    )
    rows = connection.execute(
        sa.select(
            letter_readers.c.subscriber_id,
            dated_letters.c.newsletter,
            dated_letters.c.id,
            letter_texts.c.subject,
            letter_readers.c.state,
            letter_readers.c.at,
        )
        .select_from(
            letter_readers.join(
                dated_letters, dated_letters.c.id == letter_readers.c.letter_id
            ).join(
                letter_texts,
                letter_texts.c.id == sa.func.coalesce(letter_readers.c.text_id, newest),
            )
        )
        .where(letter_readers.c.subscriber_id.between(first, last))
        .order_by(letter_readers.c.confirmed_at, letter_readers.c.letter_id)
    )
    found: dict[int, list[ReceivedLetter]] = {}
    for row in rows:
        letter = ReceivedLetter(
            letter=letter_name(row.newsletter, row.id),
            subject=row.subject,
            state=LetterState(row.state),
            at=row.at,
        )
        found.setdefault(row.subscriber_id, []).append(letter)
    return found


def letter_document(letter: ReceivedLetter) -> dict[str, Any]:
    """The letter as JSON."""
    return {
        "letter": letter.letter,
        "subject": letter.subject,
        "state": letter.state.value,
        "at": letter.at.isoformat() if letter.at else None,
    }
