"""The tables that newsletter owns."""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.tables import Id, UtcDateTime
from subscribers.tables import metadata as subscribers_metadata

metadata = sa.MetaData(naming_convention=subscribers_metadata.naming_convention)

site = sa.Table(
    "site",
    metadata,
    sa.Column("key", sa.String, primary_key=True),  # e.g. "armed"
    sa.Column("value", sa.String, nullable=False),
)

newsletters = sa.Table(
    "newsletters",
    metadata,
    sa.Column("slug", sa.String, primary_key=True),
    sa.Column("first_seen", UtcDateTime, nullable=False),  # due times before it do not count
    sa.Column("watermark", UtcDateTime),  # where the last closed issue's window ended
)

fetches = sa.Table(
    "fetches",
    metadata,
    sa.Column("newsletter", sa.String, primary_key=True),
    sa.Column("source", sa.String, primary_key=True),  # the source's URL or path
    sa.Column("fingerprint", sa.String, nullable=False),  # of the settings it was read with
    sa.Column("etag", sa.String, nullable=False, default=""),
    sa.Column("last_modified", sa.String, nullable=False, default=""),
    sa.Column("body_hash", sa.String, nullable=False, default=""),
    sa.Column("not_before", UtcDateTime),  # Retry-After: ask again no sooner
    sa.Column("checked_at", UtcDateTime, nullable=False),
    sa.Column("succeeded_at", UtcDateTime),
    sa.Column("problem", sa.String, nullable=False, default=""),
)

articles = sa.Table(
    "articles",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("newsletter", sa.String, nullable=False),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("key", sa.String, nullable=False),
    sa.Column("url", sa.String, nullable=False),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("body_html", sa.Text, nullable=False),
    sa.Column("body_text", sa.Text, nullable=False),
    sa.Column("tags", sa.JSON, nullable=False),  # [{"slug", "label"}]
    sa.Column("author", sa.String, nullable=False),
    sa.Column("agency", sa.String, nullable=False),
    sa.Column("image", sa.JSON),  # {"url", "alt", "width", "height"}
    sa.Column("published", UtcDateTime, nullable=False),
    sa.Column("first_seen", UtcDateTime, nullable=False),
    sa.UniqueConstraint("newsletter", "source", "key", name="uq_articles_newsletter"),
    sa.Index("ix_articles_newsletter_published", "newsletter", "published"),
)

issues = sa.Table(
    "issues",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("newsletter", sa.String, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("window_start", UtcDateTime, nullable=False),
    sa.Column("window_end", UtcDateTime, nullable=False),
    sa.Column("due", UtcDateTime, nullable=False),
    # The newsletter's local date of `due`: what makes an issue once per occasion, whatever
    # the clocks of two schedulers or a repeated autumn hour say.
    sa.Column("due_date", sa.String, nullable=False),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("preheader", sa.String, nullable=False),
    sa.Column("note", sa.String, nullable=False, default=""),
    sa.Column("frozen_hash", sa.String, nullable=False, default=""),
    sa.Column("approved_at", UtcDateTime),
    sa.Column("send_started_at", UtcDateTime),
    sa.Column("send_finished_at", UtcDateTime),
    sa.Column("audience", sa.Integer),  # how many deliveries were planned
    sa.UniqueConstraint("newsletter", "number", name="uq_issues_newsletter"),
    sa.UniqueConstraint("newsletter", "due_date", name="uq_issues_due_date"),
)

items = sa.Table(
    "items",
    metadata,
    sa.Column("issue_id", Id, sa.ForeignKey("issues.id"), primary_key=True),
    sa.Column("article_key", sa.String, primary_key=True),
    sa.Column("section", sa.String, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("pinned", sa.Boolean, nullable=False, default=False),
    sa.Column("hidden", sa.Boolean, nullable=False, default=False),
    sa.Column("reason", sa.String, nullable=False),
    sa.Column("overrides", sa.JSON, nullable=False, default=dict),
    sa.Column("article", sa.JSON, nullable=False),  # the article as it was drafted
)

used_keys = sa.Table(
    "used_keys",
    metadata,
    sa.Column("newsletter", sa.String, primary_key=True),
    sa.Column("article_key", sa.String, primary_key=True),
    sa.Column("issue_id", Id, sa.ForeignKey("issues.id"), primary_key=True),
)
"""Every telling of every story an issue took: each is in at most one issue ever, unless pinned."""

left_out = sa.Table(
    "left_out",
    metadata,
    sa.Column("issue_id", Id, sa.ForeignKey("issues.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("url", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),
)

editions = sa.Table(
    "editions",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("issue_id", Id, sa.ForeignKey("issues.id"), nullable=False),
    sa.Column("key", sa.String, nullable=False),
    sa.Column("nonce", sa.String, nullable=False),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("preheader", sa.String, nullable=False),
    sa.Column("html", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("language", sa.String, nullable=False),
    sa.Column("item_keys", sa.JSON, nullable=False),
    sa.Column("sha256", sa.String, nullable=False),
    sa.UniqueConstraint("issue_id", "key", name="uq_editions_issue_id"),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("issue_id", Id, sa.ForeignKey("issues.id"), primary_key=True),
    # Subscribers are another house's rows: a number, no foreign key, so that erasing a
    # person needs nothing of the ledger.
    sa.Column("subscriber_id", Id, primary_key=True),
    sa.Column("edition_id", Id, sa.ForeignKey("editions.id"), nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("retry_at", UtcDateTime),
    sa.Column("sender", sa.String),  # who claimed it
    sa.Column("claimed_at", UtcDateTime),
    sa.Index("ix_deliveries_state", "issue_id", "state", "retry_at", "subscriber_id"),
)

receipts = sa.Table(
    "receipts",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("issue_id", Id, nullable=False),
    sa.Column("subscriber_id", Id, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("relay", sa.String, nullable=False),
    sa.Column("code", sa.Integer, nullable=False),
    sa.Column("enhanced", sa.String, nullable=False),
    sa.Column("text", sa.String, nullable=False),
    sa.Index("ix_receipts_issue_id", "issue_id", "subscriber_id"),
)
