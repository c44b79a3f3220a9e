"""The words under which people are found, imports in the background, and replies by issue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.search_words import FILL, TRIGGERS
from subscribers.tables import Id, UtcDateTime

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Add the tables, and the words of the people there are."""
    dialect = op.get_bind().dialect.name
    op.create_table(
        "subscriber_words",
        sa.Column(
            "word",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("subscriber_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("word", "subscriber_id", name=op.f("pk_subscriber_words")),
        sqlite_with_rowid=False,
    )
    op.execute(FILL[dialect])
    for statement in TRIGGERS[dialect]:
        op.execute(statement)
    op.create_table(
        "people_imports",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("octets", Id, nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("done", Id, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_imports")),
    )
    op.add_column(
        "inbound_messages", sa.Column("issue", sa.String(), nullable=False, server_default="")
    )
    op.create_index("ix_inbound_messages_kind", "inbound_messages", ["kind", "id"])
