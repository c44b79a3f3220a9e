"""The tables that newsletter owns."""

from __future__ import annotations

import sqlalchemy as sa

from subscribers.tables import Id, UtcDateTime, index_some
from subscribers.tables import metadata as subscribers_metadata

metadata = sa.MetaData(naming_convention=subscribers_metadata.naming_convention)

site = sa.Table(
    "site",
    metadata,
    sa.Column("key", sa.String, primary_key=True),  # e.g. "armed"
    sa.Column("value", sa.String, nullable=False),
)

job_outcomes = sa.Table(
    "job_outcomes",
    metadata,
    sa.Column("job", sa.String, primary_key=True),  # one row: its last outcome
    sa.Column("ended", sa.String, nullable=False),  # store.job_outcomes.Ended
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime, nullable=False),
    sa.Column("detail", sa.String, nullable=False),
    sa.Column("error", sa.String, nullable=False),  # the reason of a failure, without a traceback
)

newsletters = sa.Table(
    "newsletters",
    metadata,
    sa.Column("slug", sa.String, primary_key=True),
    sa.Column("first_seen", UtcDateTime, nullable=False),  # earlier due times do not count
    sa.Column("passed", UtcDateTime),  # `run` has processed due times up to here
    sa.Column("watermark", UtcDateTime),  # the end of the last closed issue's window
    sa.Column("closed", UtcDateTime),  # when that issue took its articles
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
    sa.Column("not_before", UtcDateTime),  # from Retry-After
    sa.Column("checked_at", UtcDateTime, nullable=False),
    sa.Column("succeeded_at", UtcDateTime),
    sa.Column("problem", sa.String, nullable=False, default=""),
)

articles = sa.Table(
    "articles",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("newsletter", sa.String, nullable=False),
    # The source's URL or path, so that a feed with a new title is still the same source.
    sa.Column("location", sa.String, nullable=False),
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
    sa.UniqueConstraint("newsletter", "location", "key", name="uq_articles_newsletter"),
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
    # The newsletter's local date of `due`, which makes an issue unique per occasion, even with
    # schedulers whose clocks differ or an hour that is repeated in autumn.
    sa.Column("due_date", sa.String, nullable=False),
    sa.Column("send_at", UtcDateTime),  # chosen by an editor in place of `due`
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("preheader", sa.String, nullable=False),
    sa.Column("note", sa.JSON(none_as_null=True)),  # issues.reasons.Note
    sa.Column("frozen_hash", sa.String, nullable=False, default=""),
    sa.Column("reminded", UtcDateTime),  # the due time for which its editors got a reminder
    sa.Column("approved_at", UtcDateTime),
    sa.Column("send_started_at", UtcDateTime),
    sa.Column("send_finished_at", UtcDateTime),
    sa.Column("audience", sa.Integer),  # how many deliveries were planned
    sa.Column("words", sa.JSON, nullable=False, default=dict),  # issues.issue.Words
    sa.Column("blocks", sa.JSON, nullable=False, default=list),  # issues.blocks.Block
    sa.Column("version", sa.Integer, nullable=False, default=0),  # grows with every change
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
    sa.Column("placed", sa.Boolean, nullable=False, default=False),  # an editor moved it
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
"""The keys of all versions of the stories in issues: each is in one issue only, unless pinned."""

left_out = sa.Table(
    "left_out",
    metadata,
    sa.Column("issue_id", Id, sa.ForeignKey("issues.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("url", sa.String, nullable=False),
    sa.Column("reason", sa.String, nullable=False),  # issues.reasons.LeftOutReason
    sa.Column("detail", sa.String, nullable=False, default=""),
    sa.Column("key", sa.String, nullable=False, default=""),
    sa.Column("source", sa.String, nullable=False, default=""),
    sa.Column("published", UtcDateTime),
)

edits = sa.Table(
    "edits",
    metadata,
    sa.Column("issue_id", Id, sa.ForeignKey("issues.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),  # the issue's, after this edit
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("editor", sa.String, nullable=False),
    sa.Column("said", sa.String, nullable=False),  # a description for people
    sa.Column("targets", sa.JSON, nullable=False),  # what it changed, to detect conflicts
    sa.Column("done", sa.JSON, nullable=False),  # [issues.edits.Edit]
    sa.Column("inverse", sa.JSON, nullable=False),  # [Edit] that undoes it
    sa.Column("undoes", sa.Integer),  # the version that this row undid or redid
    sa.Column("undone_by", sa.Integer),  # the version that undid this row
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

deliveries = sa.Table(
    "deliveries",
    metadata,
    # No foreign keys: planning a million rows would check the same issue a million times, which
    # doubles the time. Issues and editions with deliveries are never deleted.
    sa.Column("issue_id", Id, primary_key=True),
    # Subscribers belong to another package: erasing a person does not change the ledger.
    sa.Column("subscriber_id", Id, primary_key=True),
    sa.Column("edition_id", Id, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("retry_at", UtcDateTime),
    sa.Column("sender", sa.String),  # the sender that claimed it
    sa.Column("claimed_at", UtcDateTime),
    sa.Index("ix_deliveries_state", "issue_id", "state", "retry_at", "subscriber_id"),
    sqlite_with_rowid=False,  # a third less to write in each commit
)

ledger_counts = sa.Table(
    "ledger_counts",
    metadata,
    sa.Column("issue_id", Id, primary_key=True),
    sa.Column("sender", sa.String, primary_key=True),  # see ledger/counts.py
    sa.Column("relay", sa.String, primary_key=True),  # "": counts deliveries, not attempts
    sa.Column("state", sa.String, primary_key=True),
    sa.Column("n", Id, nullable=False),
    sqlite_with_rowid=False,
)

journals = sa.Table(
    "journals",
    metadata,
    # The journals of senders on SQLite: see ledger/journal.py. A row is written before any claim.
    sa.Column("sender", sa.String, primary_key=True),
    sa.Column("issue_id", Id, nullable=False),
    sa.Column("posted", Id, nullable=False),  # how many of its receipts are in the ledger
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
    sa.Index("ix_receipts_at", "at"),  # for the relays' current rates
    index_some("ix_receipts_refusals", "issue_id", "subscriber_id", where="state <> 'accepted'"),
)

is_refusal = receipts.c.state != sa.literal_column("'accepted'")

relay_limits = sa.Table(
    "relay_limits",
    metadata,
    sa.Column("relay", sa.String, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("standings", sa.JSON, nullable=False),  # [delivery.rates.LimitState]
    sa.Column("day", sa.String, nullable=False),  # the relay's local date
    sa.Column("sent", sa.Integer, nullable=False),  # messages granted on that day
    # Those of `sent` that senders hold, and may give back until `reserved_until`.
    sa.Column("reserved", sa.Integer, nullable=False, default=0),
    sa.Column("reserved_until", UtcDateTime),
)

nodes = sa.Table(
    "nodes",
    metadata,
    sa.Column("id", sa.String, primary_key=True),  # the sender's id in liveness.py
    sa.Column("name", sa.String, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("rate", sa.Float, nullable=False),  # recent messages a second
    sa.Column("holds", sa.JSON, nullable=False),  # [store.nodes.Holding]
)

troubles_of_nodes = sa.Table(
    "troubles_of_nodes",
    metadata,
    # Why a node stopped sending an issue, for the process that planned it; a new plan deletes it.
    sa.Column("issue_id", Id, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),  # store.nodes.NodeStopKind
    sa.Column("said", sa.String, nullable=False),
)

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("address", sa.String, nullable=False),
    sa.Column("address_key", sa.String, nullable=False, unique=True),  # casefolded, one per person
    sa.Column("name", sa.String, nullable=False, default=""),
    sa.Column("role", sa.String, nullable=False),  # store.users.Role
    sa.Column(
        "password_hash", sa.String, nullable=False, default=""
    ),  # "": signs in by e-mail only
    sa.Column("created_at", UtcDateTime, nullable=False),
    # Ids are not reused: an old session or link must never open a later user's account.
    sqlite_autoincrement=True,
)

sign_in_links = sa.Table(
    "sign_in_links",
    metadata,
    sa.Column("token_hash", sa.String, primary_key=True),
    sa.Column("user_id", Id, sa.ForeignKey("users.id")),  # null: creates the first user
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Index("ix_sign_in_links_user_id", "user_id"),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("token_hash", sa.String, nullable=False, unique=True),
    sa.Column("user_id", Id, sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("browser", sa.String, nullable=False, default=""),  # so that the editor recognises it
    sqlite_autoincrement=True,
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("token_hash", sa.String, nullable=False, unique=True),
    sa.Column("user_id", Id, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("name", sa.String, nullable=False),  # its purpose
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("user_id", "name", name="uq_api_tokens_user_id"),
)

tries = sa.Table(
    "tries",
    metadata,
    # The attempts since `since` at something limited, by a keyed hash of who made them.
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("since", UtcDateTime, nullable=False, index=True),
    sa.Column("count", sa.Integer, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    # An address, not a user's id, because the record outlives the account.
    sa.Column("who", sa.String, nullable=False),
    sa.Column("what", sa.String, nullable=False),
    sa.Column("detail", sa.String, nullable=False, default=""),
)

webhook_endpoints = sa.Table(
    "webhook_endpoints",
    metadata,
    sa.Column("url", sa.String, primary_key=True),
    sa.Column("first_seen", UtcDateTime, nullable=False),  # earlier events are not reported
    sa.Column("history_id", Id, nullable=False),  # the history up to this row has messages
)

webhook_messages = sa.Table(
    "webhook_messages",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("url", sa.String, nullable=False),
    # "history 17", "issue weekly/12": each is sent once
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("event", sa.String, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("retry_at", UtcDateTime),  # null: delivered, or given up
    sa.Column("delivered_at", UtcDateTime),
    sa.Column("answer", sa.String, nullable=False, default=""),  # the result of the last attempt
    sa.UniqueConstraint("url", "subject", name="uq_webhook_messages_url"),
    sa.Index("ix_webhook_messages_retry_at", "retry_at"),
    sa.Index("ix_webhook_messages_created_at", "created_at"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    # Letters that wait for a relay. A row is deleted when its letter is accepted or given up; one
    # with unknown outcome stays visible and is not sent again.
    sa.Column("id", Id, primary_key=True),
    sa.Column("recipient", sa.String, nullable=False),
    sa.Column("envelope_sender", sa.String, nullable=False),
    sa.Column("message", sa.LargeBinary, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("retry_at", UtcDateTime, nullable=False),
    sa.Column("answer", sa.String, nullable=False, default=""),
    sa.Column("state", sa.String, nullable=False, default="pending"),  # a DeliveryState
    sa.Column("sender", sa.String),  # the sender that claimed it: see liveness.py
    sa.Index("ix_outbox_state_retry_at", "state", "retry_at"),
)
