"""What reviewers say of an issue, and when the publishers are told of it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.issues.issue import Issue, State

QUIET = timedelta(minutes=5)
"""How long nobody has to have commented before the publishers are told."""

LATEST = timedelta(minutes=30)
"""The longest that a comment waits for others, so that one mail tells of all."""

REVIEWABLE = frozenset({State.DRAFT, State.HELD, State.APPROVED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Remark:
    """A comment as it is made: `article_key` is "" where it is about the whole issue.

    `about` is the headline that the reviewer saw.
    """

    article_key: str
    about: str
    name: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewComment:
    """A comment that is kept."""

    id: int
    remark: Remark
    at: datetime
    resolved_at: datetime | None = None
    resolved_by: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether an editor still has to look at it."""
        return self.resolved_at is None


def is_time_to_tell(made: Collection[datetime], now: datetime) -> bool:
    """Whether the publishers are told now of comments that were made at these times."""
    return bool(made) and (now - max(made) >= QUIET or now - min(made) >= LATEST)


def about_of(issue: Issue, article_key: str) -> str | None:
    """The headline that a comment is about, "" for the whole issue; None if it is not in the issue."""
    if not article_key:
        return ""
    return next((item.title for item in issue.shown_items if item.article.key == article_key), None)
