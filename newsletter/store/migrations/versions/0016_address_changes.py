"""A change of address is agreed to by both addresses, and ends the reader's older links."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import UtcDateTime

revision = "0016"
down_revision = "0015"

_changes = sa.table(
    "address_changes",
    *map(sa.column, ("subscriber_id", "kind")),
    sa.column("asked_at", UtcDateTime),
)
_history = sa.table(
    "subscriber_history", *map(sa.column, ("subscriber_id", "event")), sa.column("at", UtcDateTime)
)


def upgrade() -> None:
    """Add the columns; a row that was written together with a change is the way back from it."""
    op.add_column("subscribers", sa.Column("address_since", UtcDateTime(), nullable=True))
    op.add_column("subscribers", sa.Column("links_since", UtcDateTime(), nullable=True))
    op.add_column("address_changes", sa.Column("confirmed_at", UtcDateTime(), nullable=True))
    op.add_column(
        "address_changes",
        sa.Column("kind", sa.String(), nullable=False, server_default="change"),
    )
    made = sa.exists().where(
        _history.c.subscriber_id == _changes.c.subscriber_id,
        _history.c.event == "move",
        _history.c.at == _changes.c.asked_at,
    )
    op.execute(sa.update(_changes).where(made).values(kind="way-back"))
    with op.batch_alter_table("address_changes") as batch:
        batch.alter_column("kind", existing_type=sa.String(), server_default=None)
