"""Newsletters of others that come by mail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import Id, UtcDateTime

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "source_mails",
        sa.Column("id", Id, nullable=False),
        sa.Column("newsletter", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("message", Id, nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("held_for", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_mails")),
        sa.UniqueConstraint("newsletter", "address", "message", name="uq_source_mails_newsletter"),
    )
    op.create_index(op.f("ix_source_mails_received_at"), "source_mails", ["received_at"])
