"""People are found by the index of their addresses and its domains; only names are kept as words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.search_words import FILL, TRIGGERS
from subscribers.sql import at_domain

revision = "0031"
down_revision = "0030"

_OLD_TRIGGERS = {
    "postgresql": (
        "DROP TRIGGER words_kept ON subscribers",
        "DROP FUNCTION keep_words()",
    ),
    "sqlite": (
        "DROP TRIGGER words_arrived",
        "DROP TRIGGER words_gone",
        "DROP TRIGGER words_changed",
    ),
}


def upgrade() -> None:
    """Fill the table of words again, with those of names."""
    dialect = op.get_bind().dialect.name
    for statement in (*_OLD_TRIGGERS[dialect], "DELETE FROM subscriber_words", FILL[dialect]):
        op.execute(statement)
    for statement in TRIGGERS[dialect]:
        op.execute(statement)
    if dialect == "postgresql":
        op.alter_column("subscribers", "address_key", type_=sa.String(collation="C"))
    op.create_index(
        "ix_subscribers_at_domain", "subscribers", [at_domain(sa.column("address_key", sa.String))]
    )
