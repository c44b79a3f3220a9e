"""What readers suggest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from subscribers.tables import Id, UtcDateTime

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    """Add the tables."""
    _add_stories()
    _add_suggestions()
    _add_refusals()


def _add_stories() -> None:
    op.create_table(
        "suggested_stories",
        sa.Column("id", Id, nullable=False),
        sa.Column("newsletter", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("article", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("issue_id", Id, nullable=True),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name=op.f("fk_suggested_stories_issue_id_issues")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggested_stories")),
        sa.UniqueConstraint("newsletter", "url", name="uq_suggested_stories_newsletter"),
    )
    op.create_index(op.f("ix_suggested_stories_first_at"), "suggested_stories", ["first_at"])


def _add_suggestions() -> None:
    op.create_table(
        "suggestions",
        sa.Column("id", Id, nullable=False),
        sa.Column("story_id", Id, nullable=False),
        sa.Column("reader", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("is_proven", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("subscriber_id", Id, nullable=True),
        sa.Column("wants_answer", sa.Boolean(), nullable=False),
        sa.Column("suggested_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["story_id"],
            ["suggested_stories.id"],
            name=op.f("fk_suggestions_story_id_suggested_stories"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestions")),
        sa.UniqueConstraint("story_id", "reader", name="uq_suggestions_story_id"),
    )
    op.create_index(op.f("ix_suggestions_subscriber_id"), "suggestions", ["subscriber_id"])


def _add_refusals() -> None:
    op.create_table(
        "suggestion_blocks",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("blocked_at", UtcDateTime(), nullable=False),
        sa.Column("blocked_by", sa.String(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion_blocks")),
        sa.UniqueConstraint("kind", "value", name="uq_suggestion_blocks_kind"),
    )
    op.create_table(
        "unanswered_readers",
        sa.Column("subscriber_id", Id, autoincrement=False, nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("subscriber_id", name=op.f("pk_unanswered_readers")),
    )
