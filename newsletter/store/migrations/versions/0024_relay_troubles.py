"""What a relay that cannot be used answered, and when it is tried again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import UtcDateTime

revision = "0024"
down_revision = "0022"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "relay_troubles",
        sa.Column("relay", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("again_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("relay", name=op.f("pk_relay_troubles")),
    )
