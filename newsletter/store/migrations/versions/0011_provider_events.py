"""What mail providers report, and what a bounce says, so that equal refusals can be counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import Id, UtcDateTime

revision = "0011"
down_revision = "0009"


def upgrade() -> None:
    """Add the tables, the columns and the index."""
    for name in ("blame", "words"):
        op.add_column("bounces", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.create_index("ix_bounces_words", "bounces", ["list_slug", "number", "words"])
    op.create_table(
        "provider_events",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_provider_events")),
    )
    op.create_index(op.f("ix_provider_events_at"), "provider_events", ["at"])
    op.create_table(
        "provider_event_counts",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("n", Id, nullable=False),
        sa.PrimaryKeyConstraint("provider", "outcome", name=op.f("pk_provider_event_counts")),
    )
