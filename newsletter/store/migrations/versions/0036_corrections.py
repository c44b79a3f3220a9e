"""Corrections of stories in sent issues, and their letters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import Id, UtcDateTime

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    """Add the table, and what tells a correction's letters from others."""
    op.create_table(
        "corrections",
        sa.Column("id", Id, nullable=False),
        sa.Column("issue_id", Id, nullable=False),
        sa.Column("article_key", sa.String(), nullable=False),
        sa.Column("headline", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("new_url", sa.String(), nullable=False),
        sa.Column("written_at", UtcDateTime(), nullable=False),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.Column("approved_by", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("plain", sa.Text(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("passed", Id, nullable=False),
        sa.Column("all_queued", sa.Boolean(), nullable=False),
        sa.Column("queued", Id, nullable=False),
        sa.Column("accepted", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name=op.f("fk_corrections_issue_id_issues")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    op.create_index(op.f("ix_corrections_issue_id"), "corrections", ["issue_id"])
    op.add_column("outbox", sa.Column("correction_id", Id, nullable=True))
    op.add_column("outbox", sa.Column("subscriber_id", Id, nullable=True))
    of_corrections = sa.text("correction_id IS NOT NULL")
    op.create_index(
        "ix_outbox_corrections",
        "outbox",
        ["correction_id"],
        sqlite_where=of_corrections,
        postgresql_where=of_corrections,
    )
