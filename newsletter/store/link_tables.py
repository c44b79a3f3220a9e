"""The tables of counted links, and of what sites rank as popular."""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.store.table_metadata import metadata
from subscribers.tables import Id

links = sa.Table(
    "links",
    metadata,
    # The targets of counted links in frozen editions. Sent mails contain the tokens for ever.
    sa.Column("token", sa.String, primary_key=True),
    sa.Column("issue_id", Id, sa.ForeignKey("issues.id"), nullable=False, index=True),
    sa.Column("address", sa.String, nullable=False),  # as it is in the mails
    sa.Column("url", sa.String, nullable=False),
)

clicks = sa.Table(
    "clicks",
    metadata,
    # One row per link and day, without anything about the reader.
    sa.Column("token", sa.String, primary_key=True),
    sa.Column("day", sa.String, primary_key=True),  # the site's local date
    sa.Column("count", sa.Integer, nullable=False),
)

ranked_stories = sa.Table(
    "ranked_stories",
    metadata,
    # What a source with `popular = true` showed when it was last read, in its order.
    sa.Column("newsletter", sa.String, primary_key=True),
    sa.Column("source_id", Id, sa.ForeignKey("sources.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("source", sa.String, nullable=False),  # its name for readers
    sa.Column("title", sa.String, nullable=False),
    sa.Column("url", sa.String, nullable=False),
    sa.Column("tags", sa.JSON, nullable=False),  # slugs
)
