"""The outbox is a ledger of letters, and a day of a warm-up knows what may still come back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Letters that wait go on waiting."""
    op.add_column(
        "outbox", sa.Column("state", sa.String(), nullable=False, server_default="pending")
    )
    op.add_column("outbox", sa.Column("sender", sa.String(), nullable=True))
    op.drop_index("ix_outbox_retry_at", table_name="outbox")
    op.create_index("ix_outbox_state_retry_at", "outbox", ["state", "retry_at"], unique=False)
    op.add_column(
        "relay_limits", sa.Column("reserved", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("relay_limits", sa.Column("reserved_until", UtcDateTime(), nullable=True))
