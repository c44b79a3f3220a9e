"""Issues that go out at an hour of each reader's own day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import Id, UtcDateTime

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    """Add readers' time zones, and the moment before which a delivery does not go."""
    op.add_column(
        "subscribers", sa.Column("time_zone", sa.String(), nullable=False, server_default="")
    )
    op.add_column("deliveries", sa.Column("not_before", UtcDateTime(), nullable=True))
    op.create_table(
        "waves",
        sa.Column("issue_id", Id, nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("planned", Id, nullable=False),
        sa.Column("zones", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_waves_issue_id_issues")),
        sa.PrimaryKeyConstraint("issue_id", "not_before", name=op.f("pk_waves")),
    )
