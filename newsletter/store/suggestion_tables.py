"""The tables of what readers suggest."""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.store.table_metadata import metadata
from subscribers.tables import Id, UtcDateTime

suggested_stories = sa.Table(
    "suggested_stories",
    metadata,
    # One row for each newsletter and address; two addresses of one story have the same key.
    sa.Column("id", Id, primary_key=True),
    sa.Column("newsletter", sa.String, nullable=False),
    sa.Column("url", sa.String, nullable=False),
    sa.Column("key", sa.String, nullable=False),  # the story's; "" until its page is read
    sa.Column("title", sa.String, nullable=False),  # a reader's, until its page is read
    sa.Column("source", sa.String, nullable=False),
    sa.Column("article", sa.JSON(none_as_null=True)),  # as its page has it; null for known stories
    sa.Column("state", sa.String, nullable=False),  # issues.suggestion.SuggestedState
    sa.Column("problem", sa.String, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("first_at", UtcDateTime, nullable=False, index=True),
    sa.Column("due_at", UtcDateTime),  # when its page is read; null once it is settled
    sa.Column("issue_id", Id, sa.ForeignKey("issues.id")),  # the one that had it
    sa.UniqueConstraint("newsletter", "url", name="uq_suggested_stories_newsletter"),
)

suggestions = sa.Table(
    "suggestions",
    metadata,
    # One row for each reader and address. No foreign key to the reader, as in welcome_issues.
    sa.Column("id", Id, primary_key=True),
    sa.Column("story_id", Id, sa.ForeignKey("suggested_stories.id"), nullable=False),
    sa.Column("reader", sa.String, nullable=False),  # a keyed hash of an address or a network
    sa.Column("way", sa.String, nullable=False),  # issues.suggestion.SuggestionWay
    sa.Column("is_proven", sa.Boolean, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("words", sa.String, nullable=False),
    sa.Column("subscriber_id", Id, index=True),
    sa.Column("wants_answer", sa.Boolean, nullable=False),
    sa.Column("suggested_at", UtcDateTime, nullable=False),
    sa.Column("answered_at", UtcDateTime),
    sa.UniqueConstraint("story_id", "reader", name="uq_suggestions_story_id"),
)

suggestion_blocks = sa.Table(
    "suggestion_blocks",
    metadata,
    # From whom nothing is taken any more, by any newsletter of the site.
    sa.Column("id", Id, primary_key=True),
    sa.Column("kind", sa.String, nullable=False),  # issues.suggestion.BlockKind
    sa.Column("value", sa.String, nullable=False),  # a host, or suggestions.reader
    sa.Column("label", sa.String, nullable=False),  # what editors see of it
    sa.Column("blocked_at", UtcDateTime, nullable=False),
    sa.Column("blocked_by", sa.String, nullable=False),
    sa.Column("refused", sa.Integer, nullable=False),
    sa.UniqueConstraint("kind", "value", name="uq_suggestion_blocks_kind"),
)

unanswered_readers = sa.Table(
    "unanswered_readers",
    metadata,
    # Readers who do not want to be told again that what they suggested ran.
    sa.Column("subscriber_id", Id, primary_key=True, autoincrement=False),
    sa.Column("since", UtcDateTime, nullable=False),
)
