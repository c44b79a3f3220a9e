"""Readers who want plain text alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    """Add the column; everybody has HTML with a text part, as before."""
    op.add_column(
        "subscribers", sa.Column("mail_format", sa.String(), nullable=False, server_default="html")
    )
