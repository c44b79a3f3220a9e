"""API keys expire and show their last use; what a stranger asks for by a form waits in a table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import UtcDateTime

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the columns, empty for the keys that exist, and the table."""
    op.add_column("api_tokens", sa.Column("expires_at", UtcDateTime(), nullable=True))
    op.add_column("api_tokens", sa.Column("last_used_at", UtcDateTime(), nullable=True))
    op.create_table(
        "form_requests",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_requests")),
    )
    op.create_index(op.f("ix_form_requests_due_at"), "form_requests", ["due_at"], unique=False)
