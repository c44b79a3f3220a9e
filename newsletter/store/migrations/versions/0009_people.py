"""Lists that can be renamed, merged and closed; growth as counts; segments; scopes and answers of the API.

Growth is counted from the consent record and the bounces that are there. Who was erased, or never
confirmed and was forgotten, is not in it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import Id, UtcDateTime

revision = "0009"
down_revision = "0008"

# The start of a quarter of an hour.
_QUARTER = {
    "postgresql": "to_timestamp(floor(extract(epoch from {at}) / 900) * 900)",
    "sqlite": "substr({at}, 1, 14) || printf('%02d', cast(substr({at}, 15, 2) as integer) / 15 * 15)"
    " || ':00.000000+00:00'",
}


def upgrade() -> None:
    """Add the tables, columns and index, and count what happened so far."""
    op.add_column("lists", sa.Column("closed_at", UtcDateTime(), nullable=True))
    op.create_table(
        "former_list_names",
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("list_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["lists.id"], name=op.f("fk_former_list_names_list_id_lists")
        ),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_former_list_names")),
    )
    op.create_index(
        op.f("ix_former_list_names_list_id"), "former_list_names", ["list_id"], unique=False
    )
    where = sa.text("status <> 'active'")
    op.create_index(
        "ix_subscriptions_not_active",
        "subscriptions",
        ["list_id", "status", "subscriber_id"],
        unique=False,
        postgresql_where=where,
        sqlite_where=where,
    )
    op.add_column("issues", sa.Column("selection", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("api_tokens", sa.Column("scopes", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "api_answers",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_api_answers")),
    )
    op.create_index(op.f("ix_api_answers_asked_at"), "api_answers", ["asked_at"], unique=False)
    op.create_table(
        "growth",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("list_slug", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("n", Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_growth")),
    )
    _count_history()
    op.create_index(op.f("ix_growth_at"), "growth", ["at"], unique=False)


def _count_history() -> None:
    """Count the consent record and the bounces.

    An import that was confirmed later had only asked, and newcomers of an import who had left
    elsewhere never were on the list.
    """
    connection = op.get_bind()
    quarter = _QUARTER[connection.dialect.name]
    connection.exec_driver_sql(
        f"""
        INSERT INTO growth (at, list_slug, event, way, n)
        SELECT quarter, list_slug, event, way, count(*) FROM (
          SELECT {quarter.format(at="h.at")} AS quarter, h.list_slug, h.way,
            CASE WHEN h.event = 'import' AND EXISTS (
              SELECT 1 FROM subscriber_history AS later
              WHERE later.subscriber_id = h.subscriber_id AND later.list_slug = h.list_slug
                AND later.event = 'confirm' AND later.id > h.id
            ) THEN 'subscribe' ELSE h.event END AS event
          FROM subscriber_history AS h
          WHERE h.list_slug <> ''
            AND h.event IN ('subscribe', 'confirm', 'add', 'import', 'undo', 'restore', 'unsubscribe')
            AND NOT (h.event = 'unsubscribe' AND h.way = 'import' AND NOT EXISTS (
              SELECT 1 FROM subscriber_history AS earlier
              WHERE earlier.subscriber_id = h.subscriber_id
                AND earlier.list_slug = h.list_slug AND earlier.id < h.id
            ))
        ) AS happened
        GROUP BY quarter, list_slug, event, way
        """  # noqa: S608 - our own names
    )
    connection.exec_driver_sql(
        f"""
        INSERT INTO growth (at, list_slug, event, way, n)
        SELECT quarter, list_slug, 'bounce', verdict, count(*) FROM (
          SELECT {quarter.format(at="at")} AS quarter, list_slug, verdict FROM bounces
        ) AS bounced
        GROUP BY quarter, list_slug, verdict
        """  # noqa: S608 - our own names
    )
