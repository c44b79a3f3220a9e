"""Since when each source fails, where it has moved, when it turned over, and who is reading it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import UtcDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the columns and the table; a source that fails now fails since its last check."""
    op.add_column("fetches", sa.Column("failing_since", UtcDateTime(), nullable=True))
    op.add_column("fetches", sa.Column("moved_to", sa.String(), nullable=False, server_default=""))
    op.add_column("fetches", sa.Column("turned_over_at", UtcDateTime(), nullable=True))
    op.execute("UPDATE fetches SET failing_since = checked_at WHERE problem <> ''")
    op.create_table(
        "source_claims",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("sender", sa.String(), nullable=False),
    )
