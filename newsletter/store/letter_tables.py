"""The tables of dated letters: their words, and which reader got them."""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.store.table_metadata import metadata
from subscribers.tables import Id, UtcDateTime, index_some

dated_letters = sa.Table(
    "dated_letters",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("newsletter", sa.String, nullable=False, index=True),
    sa.Column("days", sa.Integer, nullable=False),  # after the reader's confirmation
    # When `days` was set: who was due earlier does not get it.
    sa.Column("days_since", UtcDateTime, nullable=False),
    sa.Column("planned_to", UtcDateTime, nullable=False),  # confirmations up to here have a row
    sa.Column("deleted_at", UtcDateTime),
)

letter_texts = sa.Table(
    "letter_texts",
    metadata,
    # Every version of a letter; the one with the highest id is sent. Its mail is frozen when it is
    # written: rendering.edition.Edition
    sa.Column("id", Id, primary_key=True),
    sa.Column("letter_id", Id, sa.ForeignKey("dated_letters.id"), nullable=False, index=True),
    sa.Column("days", sa.Integer, nullable=False),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("text", sa.Text, nullable=False),  # Markdown
    sa.Column("written_at", UtcDateTime, nullable=False),
    sa.Column("written_by", sa.String, nullable=False),
    sa.Column("nonce", sa.String, nullable=False),
    sa.Column("html", sa.Text, nullable=False),
    sa.Column("plain", sa.Text, nullable=False),
    sa.Column("language", sa.String, nullable=False),
    # An id is never given again: a letter in the outbox names one.
    sqlite_autoincrement=True,
)

letter_readers = sa.Table(
    "letter_readers",
    metadata,
    # One row for each letter and reader, for ever: nobody gets a letter twice. No foreign key to
    # the reader, as in deliveries.
    sa.Column("letter_id", Id, sa.ForeignKey("dated_letters.id"), primary_key=True),
    sa.Column("subscriber_id", Id, primary_key=True, autoincrement=False),
    sa.Column("confirmed_at", UtcDateTime, nullable=False),
    sa.Column("state", sa.String, nullable=False),  # issues.dated_letter.LetterState
    sa.Column("look_at", UtcDateTime, nullable=False),  # while it waits: when it is decided
    sa.Column("text_id", Id),  # the version that was queued
    sa.Column("at", UtcDateTime),  # of its state, once it does not wait any more
    index_some("ix_letter_readers_waiting", "look_at", where="state = 'waiting'"),
    sa.Index("ix_letter_readers_subscriber_id", "subscriber_id"),
)

is_waiting = letter_readers.c.state == sa.literal_column("'waiting'")

letter_counts = sa.Table(
    "letter_counts",
    metadata,
    # How many rows of letter_readers are in each state.
    sa.Column("letter_id", Id, sa.ForeignKey("dated_letters.id"), primary_key=True),
    sa.Column("state", sa.String, primary_key=True),
    sa.Column("n", Id, nullable=False),
)
