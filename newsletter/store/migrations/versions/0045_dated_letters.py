"""Dated letters to new readers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import Id, UtcDateTime

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    """Add the tables, what tells such letters in the outbox, and the index of confirmations."""
    _words()
    _readers()
    op.add_column("outbox", sa.Column("letter_text_id", Id, nullable=True))
    of_letters = sa.text("letter_text_id IS NOT NULL")
    op.create_index(
        "ix_outbox_letters",
        "outbox",
        ["letter_text_id"],
        sqlite_where=of_letters,
        postgresql_where=of_letters,
    )
    confirming = sa.text("event = 'confirm'")
    op.create_index(
        "ix_subscriber_history_confirming",
        "subscriber_history",
        ["list_slug", "at"],
        sqlite_where=confirming,
        postgresql_where=confirming,
    )


def _words() -> None:
    op.create_table(
        "dated_letters",
        sa.Column("id", Id, nullable=False),
        sa.Column("newsletter", sa.String(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("days_since", UtcDateTime(), nullable=False),
        sa.Column("planned_to", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dated_letters")),
    )
    op.create_index(op.f("ix_dated_letters_newsletter"), "dated_letters", ["newsletter"])
    op.create_table(
        "letter_texts",
        sa.Column("id", Id, nullable=False),
        sa.Column("letter_id", Id, nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("plain", sa.Text(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"],
            ["dated_letters.id"],
            name=op.f("fk_letter_texts_letter_id_dated_letters"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_texts")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_letter_texts_letter_id"), "letter_texts", ["letter_id"])


def _readers() -> None:
    op.create_table(
        "letter_readers",
        sa.Column("letter_id", Id, nullable=False),
        sa.Column("subscriber_id", Id, autoincrement=False, nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("look_at", UtcDateTime(), nullable=False),
        sa.Column("text_id", Id, nullable=True),
        sa.Column("at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["letter_id"],
            ["dated_letters.id"],
            name=op.f("fk_letter_readers_letter_id_dated_letters"),
        ),
        sa.PrimaryKeyConstraint("letter_id", "subscriber_id", name=op.f("pk_letter_readers")),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index(
        "ix_letter_readers_waiting",
        "letter_readers",
        ["look_at"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_index("ix_letter_readers_subscriber_id", "letter_readers", ["subscriber_id"])
    op.create_table(
        "letter_counts",
        sa.Column("letter_id", Id, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("n", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["letter_id"],
            ["dated_letters.id"],
            name=op.f("fk_letter_counts_letter_id_dated_letters"),
        ),
        sa.PrimaryKeyConstraint("letter_id", "state", name=op.f("pk_letter_counts")),
    )
