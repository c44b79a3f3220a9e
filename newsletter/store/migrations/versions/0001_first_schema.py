"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.kept_counts import TRIGGERS
from subscribers.tables import Id, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table of both houses."""
    op.create_table(
        "address_changes",
        sa.Column("id", Id, nullable=False),
        sa.Column("subscriber_id", Id, nullable=False),
        sa.Column("list_slug", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_changes")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_address_changes_subscriber_id"), "address_changes", ["subscriber_id"], unique=False
    )
    op.create_index(
        op.f("ix_address_changes_asked_at"), "address_changes", ["asked_at"], unique=False
    )
    op.create_table(
        "bounces",
        sa.Column("subscriber_id", Id, nullable=False),
        sa.Column("list_slug", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("subscriber_id", "list_slug", "number", name=op.f("pk_bounces")),
    )
    op.create_index("ix_bounces_at", "bounces", ["at"], unique=False)
    op.create_table(
        "confirmations",
        sa.Column("address_hash", sa.String(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name=op.f("pk_confirmations")),
    )
    op.create_table(
        "erasure_salt",
        sa.Column("id", Id, nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_salt")),
    )
    op.create_table(
        "inbound_messages",
        sa.Column("id", Id, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("envelope_sender", sa.String(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("handled_at", UtcDateTime(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_messages")),
        sa.UniqueConstraint("digest", name=op.f("uq_inbound_messages_digest")),
    )
    op.create_index("ix_inbound_messages_address", "inbound_messages", ["address"], unique=False)
    _index_some("ix_inbound_messages_kept", "inbound_messages", ["id"], "content IS NOT NULL")
    op.create_index(
        "ix_inbound_messages_handled_at", "inbound_messages", ["handled_at"], unique=False
    )
    op.create_table(
        "lists",
        sa.Column("id", Id, nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lists")),
        sa.UniqueConstraint("slug", name=op.f("uq_lists_slug")),
    )
    op.create_table(
        "subscribers",
        sa.Column("id", Id, nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("follows", sa.String(), nullable=False),
        sa.Column("frequency", sa.String(), nullable=False),
        sa.Column("paused_until", UtcDateTime(), nullable=True),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscribers")),
        sa.UniqueConstraint("address_key", name=op.f("uq_subscribers_address_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "suppressions",
        sa.Column("id", Id, nullable=False),
        sa.Column("pattern", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
        sa.UniqueConstraint("pattern", name=op.f("uq_suppressions_pattern")),
    )
    op.create_table(
        "subscriber_history",
        sa.Column("id", Id, nullable=False),
        sa.Column("subscriber_id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("list_slug", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_subscriber_history_subscriber_id_subscribers"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber_history")),
    )
    op.create_index(
        op.f("ix_subscriber_history_subscriber_id"),
        "subscriber_history",
        ["subscriber_id"],
        unique=False,
    )
    _index_some(
        "ix_subscriber_history_leaving",
        "subscriber_history",
        ["list_slug", "at"],
        "event = 'unsubscribe'",
    )
    op.create_table(
        "subscriptions",
        sa.Column("list_id", Id, nullable=False),
        sa.Column("subscriber_id", Id, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["lists.id"], name=op.f("fk_subscriptions_list_id_lists")
        ),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_subscriptions_subscriber_id_subscribers"),
        ),
        sa.PrimaryKeyConstraint("list_id", "subscriber_id", name=op.f("pk_subscriptions")),
    )
    op.create_index(
        "ix_subscriptions_subscriber_id", "subscriptions", ["subscriber_id"], unique=False
    )
    _index_some(
        "ix_subscriptions_pending",
        "subscriptions",
        ["changed_at", "subscriber_id"],
        "status = 'pending'",
    )
    op.create_table(
        "subscription_counts",
        sa.Column("id", Id, nullable=False),
        sa.Column("list_id", Id, nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("n", Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription_counts")),
    )
    op.create_table(
        "inbound_counts",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("n", Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_counts")),
    )
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)
    op.create_table(
        "articles",
        sa.Column("id", Id, nullable=False),
        sa.Column("newsletter", sa.String(), nullable=False),
        sa.Column("location", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("body_text", sa.Text(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("image", sa.JSON(), nullable=True),
        sa.Column("published", UtcDateTime(), nullable=False),
        sa.Column("first_seen", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("newsletter", "location", "key", name="uq_articles_newsletter"),
    )
    op.create_index(
        "ix_articles_newsletter_published", "articles", ["newsletter", "published"], unique=False
    )
    op.create_table(
        "audit",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_table(
        "deliveries",
        sa.Column("issue_id", Id, nullable=False),
        sa.Column("subscriber_id", Id, nullable=False),
        sa.Column("edition_id", Id, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", UtcDateTime(), nullable=True),
        sa.Column("sender", sa.String(), nullable=True),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("issue_id", "subscriber_id", name=op.f("pk_deliveries")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_deliveries_state",
        "deliveries",
        ["issue_id", "state", "retry_at", "subscriber_id"],
        unique=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        # Each send changes every row of its issue three times. By its defaults PostgreSQL would
        # clean up when a fifth of all rows ever written is dead: too late for claims to be quick.
        op.execute(
            "ALTER TABLE deliveries SET (autovacuum_vacuum_scale_factor = 0.01, "
            "autovacuum_analyze_scale_factor = 0.02)"
        )
    op.create_table(
        "fetches",
        sa.Column("newsletter", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("last_modified", sa.String(), nullable=False),
        sa.Column("body_hash", sa.String(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=True),
        sa.Column("checked_at", UtcDateTime(), nullable=False),
        sa.Column("succeeded_at", UtcDateTime(), nullable=True),
        sa.Column("problem", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("newsletter", "source", name=op.f("pk_fetches")),
    )
    op.create_table(
        "issues",
        sa.Column("id", Id, nullable=False),
        sa.Column("newsletter", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("window_start", UtcDateTime(), nullable=False),
        sa.Column("window_end", UtcDateTime(), nullable=False),
        sa.Column("due", UtcDateTime(), nullable=False),
        sa.Column("due_date", sa.String(), nullable=False),
        sa.Column("send_at", UtcDateTime(), nullable=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("preheader", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("frozen_hash", sa.String(), nullable=False),
        sa.Column("reminded", UtcDateTime(), nullable=True),
        sa.Column("approved_at", UtcDateTime(), nullable=True),
        sa.Column("send_started_at", UtcDateTime(), nullable=True),
        sa.Column("send_finished_at", UtcDateTime(), nullable=True),
        sa.Column("audience", sa.Integer(), nullable=True),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("blocks", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issues")),
        sa.UniqueConstraint("newsletter", "due_date", name="uq_issues_due_date"),
        sa.UniqueConstraint("newsletter", "number", name="uq_issues_newsletter"),
    )
    op.create_table(
        "journals",
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("issue_id", Id, nullable=False),
        sa.Column("posted", Id, nullable=False),
        sa.PrimaryKeyConstraint("sender", name=op.f("pk_journals")),
    )
    op.create_table(
        "ledger_counts",
        sa.Column("issue_id", Id, nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("relay", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("n", Id, nullable=False),
        sa.PrimaryKeyConstraint(
            "issue_id", "sender", "relay", "state", name=op.f("pk_ledger_counts")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "newsletters",
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("first_seen", UtcDateTime(), nullable=False),
        sa.Column("passed", UtcDateTime(), nullable=True),
        sa.Column("watermark", UtcDateTime(), nullable=True),
        sa.Column("closed", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_newsletters")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", Id, nullable=False),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("envelope_sender", sa.String(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", UtcDateTime(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_retry_at", "outbox", ["retry_at"], unique=False)
    op.create_table(
        "receipts",
        sa.Column("id", Id, nullable=False),
        sa.Column("issue_id", Id, nullable=False),
        sa.Column("subscriber_id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("relay", sa.String(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("enhanced", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
    )
    op.create_index("ix_receipts_issue_id", "receipts", ["issue_id", "subscriber_id"], unique=False)
    op.create_index("ix_receipts_at", "receipts", ["at"], unique=False)
    _index_some(
        "ix_receipts_refusals", "receipts", ["issue_id", "subscriber_id"], "state <> 'accepted'"
    )
    op.create_table(
        "nodes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("rate", sa.Float(), nullable=False),
        sa.Column("holds", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nodes")),
    )
    op.create_table(
        "troubles_of_nodes",
        sa.Column("issue_id", Id, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("issue_id", name=op.f("pk_troubles_of_nodes")),
    )
    op.create_table(
        "relay_limits",
        sa.Column("relay", sa.String(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("standings", sa.JSON(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("relay", name=op.f("pk_relay_limits")),
    )
    op.create_table(
        "site",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_site")),
    )
    op.create_table(
        "tries",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_tries")),
    )
    op.create_index(op.f("ix_tries_since"), "tries", ["since"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", Id, nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("address_key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("address_key", name=op.f("uq_users_address_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "webhook_endpoints",
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("first_seen", UtcDateTime(), nullable=False),
        sa.Column("history_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_webhook_endpoints")),
    )
    op.create_table(
        "webhook_messages",
        sa.Column("id", Id, nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", UtcDateTime(), nullable=True),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_messages")),
        sa.UniqueConstraint("url", "subject", name="uq_webhook_messages_url"),
    )
    op.create_index("ix_webhook_messages_retry_at", "webhook_messages", ["retry_at"], unique=False)
    op.create_index(
        "ix_webhook_messages_created_at", "webhook_messages", ["created_at"], unique=False
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", Id, nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
        sa.UniqueConstraint("user_id", "name", name="uq_api_tokens_user_id"),
    )
    op.create_table(
        "editions",
        sa.Column("id", Id, nullable=False),
        sa.Column("issue_id", Id, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("nonce", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("preheader", sa.String(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("item_keys", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name=op.f("fk_editions_issue_id_issues")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editions")),
        sa.UniqueConstraint("issue_id", "key", name="uq_editions_issue_id"),
    )
    op.create_table(
        "links",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("issue_id", Id, nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_links_issue_id_issues")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_links")),
    )
    op.create_index(op.f("ix_links_issue_id"), "links", ["issue_id"], unique=False)
    op.create_table(
        "clicks",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("token", "day", name=op.f("pk_clicks")),
    )
    op.create_table(
        "edits",
        sa.Column("issue_id", Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("editor", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("targets", sa.JSON(), nullable=False),
        sa.Column("done", sa.JSON(), nullable=False),
        sa.Column("inverse", sa.JSON(), nullable=False),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_edits_issue_id_issues")),
        sa.PrimaryKeyConstraint("issue_id", "version", name=op.f("pk_edits")),
    )
    op.create_table(
        "items",
        sa.Column("issue_id", Id, nullable=False),
        sa.Column("article_key", sa.String(), nullable=False),
        sa.Column("section", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("placed", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("overrides", sa.JSON(), nullable=False),
        sa.Column("article", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name=op.f("fk_items_issue_id_issues")),
        sa.PrimaryKeyConstraint("issue_id", "article_key", name=op.f("pk_items")),
    )
    op.create_table(
        "left_out",
        sa.Column("issue_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("published", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name=op.f("fk_left_out_issue_id_issues")
        ),
        sa.PrimaryKeyConstraint("issue_id", "position", name=op.f("pk_left_out")),
    )
    op.create_table(
        "sessions",
        sa.Column("id", Id, nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("browser", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id_users")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"], unique=False)
    op.create_table(
        "sign_in_links",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("user_id", Id, nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_sign_in_links_user_id_users")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_links")),
    )
    op.create_index("ix_sign_in_links_user_id", "sign_in_links", ["user_id"], unique=False)
    op.create_table(
        "used_keys",
        sa.Column("newsletter", sa.String(), nullable=False),
        sa.Column("article_key", sa.String(), nullable=False),
        sa.Column("issue_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name=op.f("fk_used_keys_issue_id_issues")
        ),
        sa.PrimaryKeyConstraint("newsletter", "article_key", "issue_id", name=op.f("pk_used_keys")),
    )


def _index_some(name: str, table: str, columns: list[str], where: str) -> None:
    """An index of only those rows."""
    condition = sa.text(where)
    op.create_index(
        name, table, columns, unique=False, postgresql_where=condition, sqlite_where=condition
    )
