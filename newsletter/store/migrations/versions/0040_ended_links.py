"""How often the links for reviewers of an issue were ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    """Add the count."""
    op.add_column(
        "issues", sa.Column("shares_ended", sa.Integer(), nullable=False, server_default="0")
    )
