"""Dated letters as editors write them: their versions, and how many readers got them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.errors import UnknownNameError
from newsletter.issues.dated_letter import SKIPPED, LetterState
from newsletter.rendering.edition import Edition, mail_edition
from newsletter.store.letter_tables import (
    dated_letters,
    is_waiting,
    letter_counts,
    letter_readers,
    letter_texts,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterVersion:
    """A letter's words as they were written at a time."""

    id: int
    days: int
    subject: str
    text: str
    written_at: datetime
    written_by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DatedLetter:
    """A letter and its newest version; `days_since` is when its day was set."""

    id: int
    newsletter: str
    days_since: datetime
    version: LetterVersion

    @property
    def name(self) -> str:
        """`weekly/letter-3`, which its Message-IDs are made of."""
        return letter_name(self.newsletter, self.id)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReaderCounts:
    """How many readers of a letter are in each state."""

    by_state: Mapping[LetterState, int]

    @property
    def sent(self) -> int:
        """How many copies relays accepted."""
        return self.by_state[LetterState.ACCEPTED]

    @property
    def waiting(self) -> int:
        """How many readers' day is to come, or whose copies wait for a relay."""
        return self.by_state[LetterState.WAITING] + self.by_state[LetterState.QUEUED]

    @property
    def skipped(self) -> int:
        """How many readers got nothing because that was decided, for whatever reason."""
        return sum(self.by_state[state] for state in SKIPPED)

    @property
    def refused(self) -> int:
        """How many copies were refused or given up."""
        return self.by_state[LetterState.REJECTED] + self.by_state[LetterState.EXPIRED]

    @property
    def unknown(self) -> int:
        """How many copies have an unknown outcome."""
        return self.by_state[LetterState.UNKNOWN]


def letter_name(newsletter: str, letter_id: int) -> str:
    """The name of a letter among the issues of its newsletter."""
    return f"{newsletter}/letter-{letter_id}"


def letters_of(connection: sa.Connection, newsletter: str) -> list[DatedLetter]:
    """The newsletter's letters, in the order of their days."""
    rows = connection.execute(_newest().where(dated_letters.c.newsletter == newsletter))
    return sorted((_letter(row) for row in rows), key=lambda one: (one.version.days, one.id))


def all_letters(connection: sa.Connection, newsletters: Collection[str]) -> list[DatedLetter]:
    """The letters of these newsletters."""
    rows = connection.execute(_newest().where(dated_letters.c.newsletter.in_(newsletters)))
    return sorted((_letter(row) for row in rows), key=lambda one: (one.newsletter, one.id))


def find_letter(connection: sa.Connection, newsletter: str, number: int) -> DatedLetter:
    """The newsletter's letter with that id. Raises UnknownNameError."""
    row = connection.execute(
        _newest().where(dated_letters.c.newsletter == newsletter, dated_letters.c.id == number)
    ).one_or_none()
    if row is None:
        raise UnknownNameError(
            f"{newsletter} has no such letter", fix="somebody may have deleted it: look at the list"
        )
    return _letter(row)


def versions_of(connection: sa.Connection, letter_id: int) -> list[LetterVersion]:
    """Every version of the letter, the newest first."""
    rows = connection.execute(
        sa.select(*_VERSION)
        .where(letter_texts.c.letter_id == letter_id)
        .order_by(letter_texts.c.id.desc())
    )
    return [LetterVersion(**row._mapping) for row in rows]


def add_letter(connection: sa.Connection, newsletter: str, days: int, now: datetime) -> int:
    """Keep a new letter without words; returns its id."""
    added = connection.execute(
        sa.insert(dated_letters)
        .values(newsletter=newsletter, days=days, days_since=now, planned_to=now)
        .returning(dated_letters.c.id)
    )
    return int(added.scalar_one())


def plan_again(connection: sa.Connection, letter_id: int, since: datetime) -> None:
    """Have all who confirmed since then looked at again."""
    connection.execute(
        sa.update(dated_letters).where(dated_letters.c.id == letter_id).values(planned_to=since)
    )


def set_days(connection: sa.Connection, letter_id: int, days: int, now: datetime) -> None:
    """Move the letter to another day; readers who wait are decided anew."""
    connection.execute(
        sa.update(dated_letters)
        .where(dated_letters.c.id == letter_id)
        .values(days=days, days_since=now)
    )
    connection.execute(
        sa.update(letter_readers)
        .where(letter_readers.c.letter_id == letter_id, is_waiting)
        .values(look_at=now)
    )


def add_version(
    connection: sa.Connection, letter_id: int, version: LetterVersion, mail: Edition
) -> None:
    """Keep the words, which are sent from now on; the `id` given is ignored."""
    connection.execute(
        sa.insert(letter_texts).values(
            letter_id=letter_id,
            days=version.days,
            subject=version.subject,
            text=version.text,
            written_at=version.written_at,
            written_by=version.written_by,
            nonce=mail.nonce,
            html=mail.html,
            plain=mail.text,
            language=mail.language,
        )
    )


def delete_letter(connection: sa.Connection, letter_id: int, now: datetime) -> int:
    """End the letter: readers who wait for it get nothing; returns how many there were."""
    connection.execute(
        sa.update(dated_letters).where(dated_letters.c.id == letter_id).values(deleted_at=now)
    )
    ended = connection.execute(
        sa.update(letter_readers)
        .where(letter_readers.c.letter_id == letter_id, is_waiting)
        .values(state=LetterState.WITHDRAWN, at=now)
    )
    return ended.rowcount


def mail_of(connection: sa.Connection, text_id: int) -> Edition:
    """The frozen mail of the version with that id, which must exist."""
    row = connection.execute(sa.select(letter_texts).where(letter_texts.c.id == text_id)).one()
    return mail_edition(
        nonce=row.nonce,
        subject=row.subject,
        html=row.html,
        text=row.plain,
        language=row.language,
    )


def letter_of(connection: sa.Connection, text_id: int) -> tuple[str, int]:
    """The newsletter and the id of the letter of which this is a version."""
    row = connection.execute(
        sa.select(dated_letters.c.newsletter, dated_letters.c.id)
        .join(letter_texts, letter_texts.c.letter_id == dated_letters.c.id)
        .where(letter_texts.c.id == text_id)
    ).one()
    return row.newsletter, row.id


def counts_of(connection: sa.Connection, letter_ids: Collection[int]) -> dict[int, ReaderCounts]:
    """How many readers of each letter are in each state; every state has a key."""
    counts = {number: dict.fromkeys(LetterState, 0) for number in letter_ids}
    rows = connection.execute(
        sa.select(letter_counts).where(letter_counts.c.letter_id.in_(letter_ids))
    )
    for row in rows:
        counts[row.letter_id][LetterState(row.state)] = row.n
    return {number: ReaderCounts(by_state=by_state) for number, by_state in counts.items()}


def counts_by_letter(
    connection: sa.Connection, newsletters: Collection[str]
) -> list[tuple[DatedLetter, ReaderCounts]]:
    """The letters of these newsletters with their counts."""
    letters = all_letters(connection, newsletters)
    counts = counts_of(connection, [letter.id for letter in letters])
    return [(letter, counts[letter.id]) for letter in letters]


_VERSION = (
    letter_texts.c.id,
    letter_texts.c.days,
    letter_texts.c.subject,
    letter_texts.c.text,
    letter_texts.c.written_at,
    letter_texts.c.written_by,
)


def _newest() -> sa.Select[tuple[object, ...]]:
    """The letters that are not deleted, each with its newest version."""
    theirs = letter_texts.alias()
    newest = (
        sa.select(sa.func.max(theirs.c.id))
        .where(theirs.c.letter_id == dated_letters.c.id)
        .correlate(dated_letters)
        .scalar_subquery()
    )
    return (
        sa.select(
            dated_letters.c.id.label("letter_id"),
            dated_letters.c.newsletter,
            dated_letters.c.days_since,
            *_VERSION,
        )
        .select_from(dated_letters.join(letter_texts, letter_texts.c.id == newest))
        .where(dated_letters.c.deleted_at.is_(None))
    )


def _letter(row: sa.Row[tuple[object, ...]]) -> DatedLetter:
    values = dict(row._mapping)
    number, newsletter, since = (
        values.pop(name) for name in ("letter_id", "newsletter", "days_since")
    )
    return DatedLetter(
        id=number, newsletter=newsletter, days_since=since, version=LetterVersion(**values)
    )
