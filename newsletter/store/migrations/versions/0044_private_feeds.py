"""Readers' private feeds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import Id, UtcDateTime

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "private_feeds",
        sa.Column("list_id", Id, nullable=False),
        sa.Column("subscriber_id", Id, nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("subscribed_at", UtcDateTime(), nullable=False),
        sa.Column("use", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["lists.id"], name=op.f("fk_private_feeds_list_id_lists")
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_private_feeds_subscriber_id_subscribers"),
        ),
        sa.PrimaryKeyConstraint("list_id", "subscriber_id", name=op.f("pk_private_feeds")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_private_feeds_token_hash")),
    )
    op.create_index("ix_private_feeds_subscriber_id", "private_feeds", ["subscriber_id"])
    where = sa.text("use = 'alone'")
    op.create_index(
        "ix_private_feeds_alone",
        "private_feeds",
        ["list_id", "subscriber_id"],
        sqlite_where=where,
        postgresql_where=where,
    )
