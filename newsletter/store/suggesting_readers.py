"""Who suggested what: answers, one's own data, and what is forgotten."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.errors import UnknownNameError
from newsletter.issues.suggestion import KEPT, UNDECIDED, SuggestedStory
from newsletter.store.suggestion_tables import suggested_stories, suggestions, unanswered_readers
from subscribers.sql import insert_once


def reader_of(connection: sa.Connection, story: SuggestedStory, suggestion: int) -> str:
    """The keyed hash of who made this suggestion of the story. Raises UnknownNameError."""
    found: str | None = connection.scalar(
        sa.select(suggestions.c.reader).where(
            suggestions.c.id == suggestion,
            suggestions.c.id.in_([one.id for one in story.suggestions]),
        )
    )
    if found is None:
        raise UnknownNameError(f"suggestion {story.id} has no reader {suggestion}")
    return found


def stories_by(connection: sa.Connection, reader: str) -> list[int]:
    """The numbers of the undecided stories that this reader alone suggested."""
    others = suggestions.alias()
    return list(
        connection.scalars(
            sa.select(suggested_stories.c.id)
            .join(suggestions, suggestions.c.story_id == suggested_stories.c.id)
            .where(
                suggestions.c.reader == reader,
                suggested_stories.c.state.in_([one.value for one in UNDECIDED]),
                ~sa.exists().where(
                    others.c.story_id == suggested_stories.c.id, others.c.reader != reader
                ),
            )
        )
    )


def note_answers(connection: sa.Connection, numbers: Iterable[int], now: datetime) -> None:
    """Note that the readers of these suggestions were told."""
    connection.execute(
        sa.update(suggestions)
        .where(suggestions.c.id.in_(list(numbers)), suggestions.c.answered_at.is_(None))
        .values(answered_at=now)
    )


def answer_no_more(connection: sa.Connection, subscriber_id: int, now: datetime) -> None:
    """Note that the reader does not want to be told again."""
    insert_once(connection, unanswered_readers, {"subscriber_id": subscriber_id, "since": now})


def want_no_answer(connection: sa.Connection, readers: Collection[int]) -> frozenset[int]:
    """Those of the readers who do not want to be told."""
    table = unanswered_readers
    return frozenset(
        connection.scalars(
            sa.select(table.c.subscriber_id).where(table.c.subscriber_id.in_(list(readers)))
        )
    )


def suggestions_of(
    connection: sa.Connection, subscriber_id: int, readers: Collection[str]
) -> list[Mapping[str, Any]]:
    """What the person suggested, for their own data; `readers` are the hashes of their address."""
    rows = connection.execute(
        sa.select(
            suggested_stories.c.newsletter,
            suggested_stories.c.url,
            suggestions.c.name,
            suggestions.c.words,
            suggestions.c.suggested_at,
            suggestions.c.answered_at,
        )
        .join(suggested_stories, suggested_stories.c.id == suggestions.c.story_id)
        .where(_by(subscriber_id, readers))
        .order_by(suggestions.c.id)
    )
    return [
        {
            "newsletter": row.newsletter,
            "url": row.url,
            "name": row.name,
            "words": row.words,
            "suggested_at": row.suggested_at.isoformat(),
            "answered_at": row.answered_at.isoformat() if row.answered_at else None,
        }
        for row in rows
    ]


def forget_reader(
    connection: sa.Connection, subscriber_id: int | None, readers: Collection[str]
) -> bool:
    """Delete what the person suggested, and stories that nobody else did; False if nothing was."""
    deleted = connection.execute(sa.delete(suggestions).where(_by(subscriber_id, readers)))
    if subscriber_id is not None:
        own = unanswered_readers.c.subscriber_id == subscriber_id
        connection.execute(sa.delete(unanswered_readers).where(own))
    _forget_empty(connection)
    return deleted.rowcount > 0


def forget_suggestions(connection: sa.Connection, now: datetime) -> None:
    """Delete suggestions that are older than they are kept."""
    old = sa.select(suggested_stories.c.id).where(suggested_stories.c.first_at < now - KEPT)
    connection.execute(sa.delete(suggestions).where(suggestions.c.story_id.in_(old)))
    _forget_empty(connection)


def _forget_empty(connection: sa.Connection) -> None:
    has_any = sa.exists().where(suggestions.c.story_id == suggested_stories.c.id)
    connection.execute(sa.delete(suggested_stories).where(~has_any))


def _by(subscriber_id: int | None, readers: Collection[str]) -> sa.ColumnElement[bool]:
    by_hash = suggestions.c.reader.in_(list(readers))
    if subscriber_id is None:
        return by_hash
    return sa.or_(suggestions.c.subscriber_id == subscriber_id, by_hash)
