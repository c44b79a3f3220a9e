"""Finds what was done in the record without reading it through: the desk's first page asks."""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0031"


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_audit_what", "audit", ["what", "detail"])
