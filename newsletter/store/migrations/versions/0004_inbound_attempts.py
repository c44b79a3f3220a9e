"""How often a message was attempted, what went wrong, and policy reports found by issue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns and the index."""
    op.add_column(
        "inbound_messages",
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
    )
    op.add_column("inbound_messages", sa.Column("tried_at", UtcDateTime(), nullable=True))
    op.add_column(
        "inbound_messages", sa.Column("traceback", sa.Text(), nullable=False, server_default="")
    )
    where = sa.text("verdict = 'policy'")
    op.create_index(
        "ix_bounces_policy",
        "bounces",
        ["list_slug", "number", "at"],
        unique=False,
        postgresql_where=where,
        sqlite_where=where,
    )
