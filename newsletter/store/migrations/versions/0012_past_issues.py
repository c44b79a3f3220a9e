"""Issues that another tool sent, for the archive."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import Id, UtcDateTime

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "past_issues",
        sa.Column("id", Id, primary_key=True),
        sa.Column("newsletter", sa.String(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.Column("imported_at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("newsletter", "slug", name="uq_past_issues_newsletter"),
        sa.UniqueConstraint("newsletter", "key", name="uq_past_issues_key"),
    )
    op.create_index(
        "ix_past_issues_newsletter_published_at",
        "past_issues",
        ["newsletter", "published_at", "id"],
    )
