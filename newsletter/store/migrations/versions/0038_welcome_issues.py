"""The issue that a new reader got at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import Id, UtcDateTime

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "welcome_issues",
        sa.Column("issue_id", Id, nullable=False),
        sa.Column("subscriber_id", Id, nullable=False),
        sa.Column("edition_id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name=op.f("fk_welcome_issues_issue_id_issues")
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name=op.f("fk_welcome_issues_edition_id_editions")
        ),
        sa.PrimaryKeyConstraint("issue_id", "subscriber_id", name=op.f("pk_welcome_issues")),
    )
    op.create_index("ix_welcome_issues_subscriber_id", "welcome_issues", ["subscriber_id"])
