"""The pages of feeds' articles, fetched to fill in what the feeds leave out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import UtcDateTime

revision = "0015"
down_revision = "0005"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "followed_pages",
        sa.Column("newsletter", sa.String, primary_key=True),
        sa.Column("url", sa.String, primary_key=True),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("etag", sa.String, nullable=False),
        sa.Column("last_modified", sa.String, nullable=False),
        sa.Column("body_hash", sa.String, nullable=False),
        sa.Column("not_before", UtcDateTime),
        sa.Column("checked_at", UtcDateTime, nullable=False),
        sa.Column("problem", sa.String, nullable=False),
        sa.Column("article", sa.JSON(none_as_null=True)),
    )
