"""The tables that newsletter owns; those of accounts, links and sending are in files of their own."""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.store.account_tables import (
    api_answers,
    api_tokens,
    audit,
    sessions,
    sign_in_links,
    tries,
    users,
)
from newsletter.store.letter_tables import letter_readers
from newsletter.store.link_tables import clicks, links, ranked_stories
from newsletter.store.sending_tables import (
    deliveries,
    form_requests,
    is_refusal,
    journals,
    ledger_counts,
    nodes,
    outbox,
    receipts,
    relay_limits,
    troubles_of_nodes,
    waves,
    webhook_endpoints,
    webhook_messages,
)
from newsletter.store.source_mail_tables import source_mails
from newsletter.store.suggestion_tables import suggested_stories
from newsletter.store.table_metadata import metadata
from subscribers.tables import Id, UtcDateTime

__all__ = [  # what is imported from here besides the tables below
    "api_answers",
    "api_tokens",
    "audit",
    "clicks",
    "deliveries",
    "form_requests",
    "is_refusal",
    "journals",
    "ledger_counts",
    "letter_readers",
    "links",
    "metadata",
    "nodes",
    "outbox",
    "ranked_stories",
    "receipts",
    "relay_limits",
    "sessions",
    "sign_in_links",
    "source_mails",
    "suggested_stories",
    "tries",
    "troubles_of_nodes",
    "users",
    "waves",
    "webhook_endpoints",
    "webhook_messages",
]

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
    # articles.pace.Pace; null for fetches before it existed
    sa.Column("interval", sa.Integer),  # seconds
    sa.Column("failures", sa.Integer, nullable=False, default=0),
    sa.Column("next_look", UtcDateTime),
    sa.Column("failing_since", UtcDateTime),  # the first of the failures in a row
    sa.Column("moved_to", sa.String, nullable=False, default=""),  # by permanent redirects
    sa.Column("turned_over_at", UtcDateTime),  # when last all its entries were new
    # of the last reading that was not unchanged; null before the first
    sa.Column("entries", sa.Integer),
    sa.Column("newest", UtcDateTime),  # the date of its newest entry
    sa.Column("findings", sa.JSON),  # [articles.source_finding.SourceFinding]
)

source_claims = sa.Table(
    "source_claims",
    metadata,
    sa.Column("key", sa.String, primary_key=True),  # of the source's location
    sa.Column("sender", sa.String, nullable=False),  # the living process that reads it
)

followed_pages = sa.Table(
    "followed_pages",
    metadata,
    sa.Column("newsletter", sa.String, primary_key=True),
    sa.Column("url", sa.String, primary_key=True),  # of a feed's article, as the feed gives it
    sa.Column("fingerprint", sa.String, nullable=False),  # of the settings it was read with
    sa.Column("etag", sa.String, nullable=False),
    sa.Column("last_modified", sa.String, nullable=False),
    sa.Column("body_hash", sa.String, nullable=False),
    sa.Column("not_before", UtcDateTime),  # from Retry-After
    sa.Column("checked_at", UtcDateTime, nullable=False),
    sa.Column("problem", sa.String, nullable=False),
    sa.Column("article", sa.JSON(none_as_null=True)),  # store.articles.article_to_json
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
    # Every address a source was ever read from, by articles.identity.addresses.location_key.
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
    # Permanent and shared by all newsletters. Issues, edits and editions refer to its key: the
    # first address it was known by, or a hash if another story has that address too.
    sa.Column("id", Id, primary_key=True),
    sa.Column("key", sa.String, nullable=False, unique=True),
    sa.Column("first_seen", UtcDateTime, nullable=False),
    # For two stories that turned out to be one: the older has the versions and both keys.
    # No foreign key, because migrate-database copies rows in any order.
    sa.Column("joined_to", Id, index=True),
)

story_keys = sa.Table(
    "story_keys",
    metadata,
    # Everything it was ever known by: ids, addresses, titles (store/stories.py). A key that
    # several stories share identifies none of them.
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("story_id", Id, sa.ForeignKey("stories.id"), primary_key=True),
    sa.Index("ix_story_keys_story_id", "story_id"),
)

articles = sa.Table(
    "articles",
    metadata,
    # One source's version of one story, as one newsletter reads it.
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
    sa.Column("enclosure", sa.JSON),  # {"url", "type", "length", "seconds"}
    sa.Column("language", sa.String, nullable=False, server_default=""),  # a BCP 47 tag
    sa.Column("words", sa.Integer, nullable=False, server_default="0"),
    sa.Column("provenance", sa.JSON),  # [{"field", "place", "detail", "refused"}]
    sa.Column("published", UtcDateTime, nullable=False),
    sa.Column("dated", sa.Boolean, nullable=False, default=True),  # the source gives a date
    # Without a date, and in its feed when that was first read: it may be of any age.
    sa.Column("backlog", sa.Boolean, nullable=False, default=False, server_default=sa.false()),
    sa.Column("first_seen", UtcDateTime, nullable=False),
    sa.Column("withdrawn_at", UtcDateTime),  # when its source stopped listing it
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
    sa.Column("selection", sa.JSON(none_as_null=True)),  # issues.selection; null: everyone
    sa.Column("shares_ended", sa.Integer, nullable=False, default=0, server_default="0"),
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
    sa.Column("reason", sa.JSON, nullable=False),  # issues.reasons.Inclusion
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

past_issues = sa.Table(
    "past_issues",
    metadata,
    # Sent by another tool before the newsletter moved here: pages of the archive, and no more.
    sa.Column("id", Id, primary_key=True),
    sa.Column("newsletter", sa.String, nullable=False),
    sa.Column("slug", sa.String, nullable=False),  # of its address
    sa.Column("key", sa.String, nullable=False),  # what the export identifies it by
    sa.Column("title", sa.String, nullable=False),
    sa.Column("summary", sa.String, nullable=False),
    sa.Column("html", sa.Text, nullable=False),  # safe
    sa.Column("published_at", UtcDateTime, nullable=False),
    sa.Column("imported_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("newsletter", "slug", name="uq_past_issues_newsletter"),
    sa.UniqueConstraint("newsletter", "key", name="uq_past_issues_key"),
    sa.Index("ix_past_issues_newsletter_published_at", "newsletter", "published_at", "id"),
)
