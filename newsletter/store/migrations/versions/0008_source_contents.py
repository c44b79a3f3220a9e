"""What each source showed when it was last read; addresses are kept without their passwords."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from newsletter.config.access import split_credentials
from subscribers.tables import UtcDateTime

revision = "0008"
down_revision = "0007"

_fetches = sa.table("fetches", sa.column("newsletter"), sa.column("source"))
_sources = sa.table("sources", sa.column("id"), sa.column("location"))


def upgrade() -> None:
    """Add the columns, and take passwords out of the addresses."""
    op.add_column("fetches", sa.Column("entries", sa.Integer(), nullable=True))
    op.add_column("fetches", sa.Column("newest", UtcDateTime(), nullable=True))
    op.add_column("fetches", sa.Column("findings", sa.JSON(), nullable=True))
    connection = op.get_bind()
    for row in connection.execute(sa.select(_sources).where(_sources.c.location.like("%@%"))).all():
        clean, _ = split_credentials(row.location)
        connection.execute(
            sa.update(_sources).where(_sources.c.id == row.id).values(location=clean)
        )
    for row in connection.execute(sa.select(_fetches).where(_fetches.c.source.like("%@%"))).all():
        if split_credentials(row.source)[0] != row.source:
            # The source is read once more without conditions, and stored under its clean address.
            connection.execute(
                sa.delete(_fetches).where(
                    _fetches.c.newsletter == row.newsletter, _fetches.c.source == row.source
                )
            )
