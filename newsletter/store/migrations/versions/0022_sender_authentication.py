"""Whether our own SMTP listener could prove where an inbound message comes from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0017"


def upgrade() -> None:
    """Add the column; of the messages that exist it is not known."""
    op.add_column("inbound_messages", sa.Column("authenticated", sa.Boolean(), nullable=True))
