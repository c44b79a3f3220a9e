"""What sites rank as their popular stories."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import Id

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "ranked_stories",
        sa.Column("newsletter", sa.String(), nullable=False),
        sa.Column("source_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_ranked_stories_source_id_sources")
        ),
        sa.PrimaryKeyConstraint(
            "newsletter", "source_id", "position", name=op.f("pk_ranked_stories")
        ),
    )
