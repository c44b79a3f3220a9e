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
    sa.Column("job", sa.String, primary_key=True),  # its newest end
    sa.Column("ended", sa.String, nullable=False),  # store.job_outcomes.Ended
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime, nullable=False),
    sa.Column("detail", sa.String, nullable=False),
    sa.Column("error", sa.String, nullable=False),  # what it failed with, without a traceback
)

newsletters = sa.Table(
    "newsletters",
    metadata,
    sa.Column("slug", sa.String, primary_key=True),
    sa.Column("first_seen", UtcDateTime, nullable=False),  # due times before it do not count
    sa.Column("passed", UtcDateTime),  # up to here `run` has looked: nothing older comes due
    sa.Column("watermark", UtcDateTime),  # where the last closed issue's window ended
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
    sa.Column("not_before", UtcDateTime),  # Retry-After: ask again no sooner
    sa.Column("checked_at", UtcDateTime, nullable=False),
    sa.Column("succeeded_at", UtcDateTime),
    sa.Column("problem", sa.String, nullable=False, default=""),
    # articles.pace.Pace; read before paces were kept: null
    sa.Column("interval", sa.Integer),  # seconds
    sa.Column("failures", sa.Integer, nullable=False, default=0),
    sa.Column("next_look", UtcDateTime),
)

sources = sa.Table(
    "sources",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("location", sa.String, nullable=False),  # as it was last configured
    sa.Column("first_seen", UtcDateTime, nullable=False),
)

source_addresses = sa.Table(
    "source_addresses",
    metadata,
    # Every place a source was ever read from, by articles.identity.addresses.location_key.
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("source_id", Id, sa.ForeignKey("sources.id"), nullable=False, index=True),
)

source_names = sa.Table(
    "source_names",
    metadata,
    sa.Column("newsletter", sa.String, primary_key=True),
    sa.Column("name", sa.String, primary_key=True),  # as newsletter.toml gives it
    sa.Column("source_id", Id, sa.ForeignKey("sources.id"), nullable=False),
)

stories = sa.Table(
    "stories",
    metadata,
    # One for the site and for ever. Issues, edits and editions name it by its key: the first
    # address it was known by, or a hash where that names another story too.
    sa.Column("id", Id, primary_key=True),
    sa.Column("key", sa.String, nullable=False, unique=True),
    sa.Column("first_seen", UtcDateTime, nullable=False),
    # Two that turned out to be one: the older has the tellings, and answers to both keys.
    # No foreign key: migrate-database copies rows in whatever order they lie.
    sa.Column("joined_to", Id, index=True),
)

story_keys = sa.Table(
    "story_keys",
    metadata,
    # Everything it was ever known by: ids, addresses, titles (store/stories.py). Several
    # stories may share one: then it names none of them.
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("story_id", Id, sa.ForeignKey("stories.id"), primary_key=True),
    sa.Index("ix_story_keys_story_id", "story_id"),
)

articles = sa.Table(
    "articles",
    metadata,
    # What one source tells of one story, as one newsletter reads it.
    sa.Column("id", Id, primary_key=True),
    sa.Column("newsletter", sa.String, nullable=False),
    sa.Column("source_id", Id, sa.ForeignKey("sources.id"), nullable=False),
    sa.Column("story_id", Id, sa.ForeignKey("stories.id"), nullable=False),
    sa.Column("entry_id", sa.String, nullable=False, default=""),  # guid, Atom or JSON Feed id
    sa.Column("source", sa.String, nullable=False),  # its name for readers
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
    sa.Column("dated", sa.Boolean, nullable=False, default=True),  # its source says when
    sa.Column("first_seen", UtcDateTime, nullable=False),
    sa.Column("withdrawn_at", UtcDateTime),  # its source no longer shows it among its neighbours
    sa.UniqueConstraint("newsletter", "source_id", "story_id", name="uq_articles_newsletter"),
    sa.Index("ix_articles_newsletter_published", "newsletter", "published"),
    sa.Index("ix_articles_story_id", "story_id", "source_id"),
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
    sa.Column("send_at", UtcDateTime),  # chosen by an editor in place of `due`
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("preheader", sa.String, nullable=False),
    sa.Column("note", sa.JSON(none_as_null=True)),  # issues.reasons.Note
    sa.Column("frozen_hash", sa.String, nullable=False, default=""),
    sa.Column("reminded", UtcDateTime),  # the due time that its editors were reminded of
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
    sa.Column("follows", sa.JSON(none_as_null=True)),  # issues.issue.Follows
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
    sa.Column("said", sa.String, nullable=False),  # what was done, as people read it
    sa.Column("targets", sa.JSON, nullable=False),  # what it changed: two edits of one clash
    sa.Column("done", sa.JSON, nullable=False),  # [issues.edits.Edit]
    sa.Column("inverse", sa.JSON, nullable=False),  # [Edit] that takes it back
    sa.Column("undoes", sa.Integer),  # the version this row took back or did again
    sa.Column("undone_by", sa.Integer),  # the version that took this row back
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
    # Where the counted links of frozen editions lead. Mails hold their tokens for ever.
    sa.Column("token", sa.String, primary_key=True),
    sa.Column("issue_id", Id, sa.ForeignKey("issues.id"), nullable=False, index=True),
    sa.Column("address", sa.String, nullable=False),  # as it stands in the mails
    sa.Column("url", sa.String, nullable=False),
)

clicks = sa.Table(
    "clicks",
    metadata,
    # How often, and nothing of who: a row is a link on a day.
    sa.Column("token", sa.String, primary_key=True),
    sa.Column("day", sa.String, primary_key=True),  # the site's local date
    sa.Column("count", sa.Integer, nullable=False),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    # No foreign keys: a million rows planned at once would ask a million times for the same
    # issue, which doubles the time of a plan. What has deliveries is never deleted.
    sa.Column("issue_id", Id, primary_key=True),
    # Subscribers are another house's rows: erasing a person needs nothing of the ledger.
    sa.Column("subscriber_id", Id, primary_key=True),
    sa.Column("edition_id", Id, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("retry_at", UtcDateTime),
    sa.Column("sender", sa.String),  # who claimed it
    sa.Column("claimed_at", UtcDateTime),
    sa.Index("ix_deliveries_state", "issue_id", "state", "retry_at", "subscriber_id"),
    sqlite_with_rowid=False,  # a third less to write in each commit of a send
)

ledger_counts = sa.Table(
    "ledger_counts",
    metadata,
    sa.Column("issue_id", Id, primary_key=True),
    sa.Column("sender", sa.String, primary_key=True),  # whose rows they are: see ledger/counts.py
    sa.Column("relay", sa.String, primary_key=True),  # "": counts deliveries, not attempts
    sa.Column("state", sa.String, primary_key=True),
    sa.Column("n", Id, nullable=False),
    sqlite_with_rowid=False,
)

journals = sa.Table(
    "journals",
    metadata,
    # Of living senders on SQLite: see ledger/journal.py. A row is there before anything is claimed.
    sa.Column("sender", sa.String, primary_key=True),
    sa.Column("issue_id", Id, nullable=False),
    sa.Column("posted", Id, nullable=False),  # so many of its receipts are in the ledger
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
    sa.Index("ix_receipts_at", "at"),  # how fast relays accept at this moment
    index_some("ix_receipts_refusals", "issue_id", "subscriber_id", where="state <> 'accepted'"),
)

is_refusal = receipts.c.state != sa.literal_column("'accepted'")

relay_limits = sa.Table(
    "relay_limits",
    metadata,
    sa.Column("relay", sa.String, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("standings", sa.JSON, nullable=False),  # [delivery.rates.LimitState]
    sa.Column("day", sa.String, nullable=False),  # its local date …
    sa.Column("sent", sa.Integer, nullable=False),  # … and how many were given out on it,
    sa.Column("reserved", sa.Integer, nullable=False, default=0),  # these may still come back …
    sa.Column("reserved_until", UtcDateTime),  # … until then
)

nodes = sa.Table(
    "nodes",
    metadata,
    sa.Column("id", sa.String, primary_key=True),  # whose lock tells whether it lives
    sa.Column("name", sa.String, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("rate", sa.Float, nullable=False),  # messages a second, of late
    sa.Column("holds", sa.JSON, nullable=False),  # [store.nodes.Holding]
)

troubles_of_nodes = sa.Table(
    "troubles_of_nodes",
    metadata,
    # Why a node stopped sending an issue, for whoever planned it; a new plan forgets it.
    sa.Column("issue_id", Id, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),  # store.nodes.Kind
    sa.Column("said", sa.String, nullable=False),
)

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("address", sa.String, nullable=False),
    sa.Column("address_key", sa.String, nullable=False, unique=True),  # casefolded: one person
    sa.Column("name", sa.String, nullable=False, default=""),
    sa.Column("role", sa.String, nullable=False),  # store.users.Role
    sa.Column("password_hash", sa.String, nullable=False, default=""),  # "": by e-mail only
    sa.Column("created_at", UtcDateTime, nullable=False),
    # An old session or link must never open the account of whoever came after.
    sqlite_autoincrement=True,
)

sign_in_links = sa.Table(
    "sign_in_links",
    metadata,
    sa.Column("token_hash", sa.String, primary_key=True),
    sa.Column("user_id", Id, sa.ForeignKey("users.id")),  # null: makes the first user of the site
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
    sa.Column("browser", sa.String, nullable=False, default=""),  # so that its owner knows it
    sqlite_autoincrement=True,
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("token_hash", sa.String, nullable=False, unique=True),
    sa.Column("user_id", Id, sa.ForeignKey("users.id"), nullable=False),
    sa.Column("name", sa.String, nullable=False),  # what it is for
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("user_id", "name", name="uq_api_tokens_user_id"),
)

tries = sa.Table(
    "tries",
    metadata,
    # How often something limited was tried since `since`, by a keyed hash of who tried it.
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("since", UtcDateTime, nullable=False, index=True),
    sa.Column("count", sa.Integer, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    # An address, not a user's number: the record outlives the account.
    sa.Column("who", sa.String, nullable=False),
    sa.Column("what", sa.String, nullable=False),
    sa.Column("detail", sa.String, nullable=False, default=""),
)

webhook_endpoints = sa.Table(
    "webhook_endpoints",
    metadata,
    sa.Column("url", sa.String, primary_key=True),
    sa.Column("first_seen", UtcDateTime, nullable=False),  # what was sent before is not told
    sa.Column("history_id", Id, nullable=False),  # what readers did up to here has been noted
)

webhook_messages = sa.Table(
    "webhook_messages",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("url", sa.String, nullable=False),
    # "history 17", "issue weekly/12": each is told once
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("event", sa.String, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("retry_at", UtcDateTime),  # null: delivered, or given up
    sa.Column("delivered_at", UtcDateTime),
    sa.Column("answer", sa.String, nullable=False, default=""),  # what the last attempt came to
    sa.UniqueConstraint("url", "subject", name="uq_webhook_messages_url"),
    sa.Index("ix_webhook_messages_retry_at", "retry_at"),
    sa.Index("ix_webhook_messages_created_at", "created_at"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    # Letters that wait for a relay; a row goes when its letter is accepted or given up. One whose
    # outcome is unknown stays to be seen, and is not sent again.
    sa.Column("id", Id, primary_key=True),
    sa.Column("recipient", sa.String, nullable=False),
    sa.Column("envelope_sender", sa.String, nullable=False),
    sa.Column("message", sa.LargeBinary, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("retry_at", UtcDateTime, nullable=False),
    sa.Column("answer", sa.String, nullable=False, default=""),
    sa.Column("state", sa.String, nullable=False, default="pending"),  # a DeliveryState
    sa.Column("sender", sa.String),  # whose claim it is: see liveness.py
    sa.Index("ix_outbox_state_retry_at", "state", "retry_at"),
)
