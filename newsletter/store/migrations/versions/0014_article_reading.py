"""What a reading finds out about an article: language, length, file, and where fields came from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"


def upgrade() -> None:
    """Add the columns; articles gathered before have none of it until they are read again."""
    with op.batch_alter_table("articles") as batch:
        batch.add_column(sa.Column("enclosure", sa.JSON(), nullable=True))
        batch.add_column(sa.Column("language", sa.String(), nullable=False, server_default=""))
        batch.add_column(sa.Column("words", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("provenance", sa.JSON(), nullable=True))
        batch.add_column(
            sa.Column("backlog", sa.Boolean(), nullable=False, server_default=sa.false())
        )
