"""The comments of reviewers on an issue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.issues.issue import Issue
from newsletter.issues.review import Remark, ReviewComment
from newsletter.store.account_tables import review_comments
from newsletter.store.issues import issue_id
from newsletter.store.tables import issues


@dataclass(frozen=True, kw_only=True, slots=True)
class UntoldComments:
    """The comments on one issue of which the publishers have not been told, oldest first."""

    newsletter: str
    number: int
    comments: Sequence[ReviewComment]


def add_comment(connection: sa.Connection, issue: Issue, remark: Remark, now: datetime) -> None:
    """Keep the comment."""
    connection.execute(
        sa.insert(review_comments).values(
            issue_id=issue_id(connection, issue), at=now, **asdict(remark)
        )
    )


def comments_on(connection: sa.Connection, issue: Issue) -> list[ReviewComment]:
    """All comments on the issue, oldest first."""
    rows = connection.execute(
        sa.select(review_comments)
        .where(review_comments.c.issue_id == issue_id(connection, issue))
        .order_by(review_comments.c.id)
    )
    return [_comment(row) for row in rows]


def resolve_comment(
    connection: sa.Connection, issue: Issue, number: int, *, by: str | None, now: datetime
) -> bool:
    """Mark the comment as resolved by that editor, or as open again (None); False if it is not there."""
    changed = connection.execute(
        sa.update(review_comments)
        .where(
            review_comments.c.id == number,
            review_comments.c.issue_id == issue_id(connection, issue),
        )
        .values(resolved_at=None if by is None else now, resolved_by=by)
    )
    return changed.rowcount > 0


def comments_mark(connection: sa.Connection, newsletter: str, number: int) -> str:
    """A text that changes whenever a comment on the issue is made, resolved or opened again."""
    made, resolved = connection.execute(
        sa.select(sa.func.count(), sa.func.count(review_comments.c.resolved_at))
        .select_from(review_comments.join(issues))
        .where(issues.c.newsletter == newsletter, issues.c.number == number)
    ).one()
    return f"{made}.{resolved}"


def untold_comments(connection: sa.Connection) -> list[UntoldComments]:
    """The comments of which the publishers have not been told, by issue."""
    rows = connection.execute(
        sa.select(review_comments, issues.c.newsletter, issues.c.number)
        .join(issues)
        .where(sa.text("told_at IS NULL"))
        .order_by(review_comments.c.id)
    ).all()
    found: dict[tuple[str, int], list[ReviewComment]] = {}
    for row in rows:
        found.setdefault((row.newsletter, row.number), []).append(_comment(row))
    return [
        UntoldComments(newsletter=newsletter, number=number, comments=comments)
        for (newsletter, number), comments in found.items()
    ]


def note_told(
    connection: sa.Connection, comments: Sequence[ReviewComment], now: datetime
) -> Sequence[int]:
    """Note that the publishers are told of these; returns the ids of those they were not told of yet."""
    ids = [comment.id for comment in comments]
    return connection.scalars(
        sa.update(review_comments)
        .where(review_comments.c.id.in_(ids), review_comments.c.told_at.is_(None))
        .values(told_at=now)
        .returning(review_comments.c.id)
    ).all()


def _comment(row: sa.Row[Any]) -> ReviewComment:
    return ReviewComment(
        id=row.id,
        remark=Remark(article_key=row.article_key, about=row.about, name=row.name, text=row.text),
        at=row.at,
        resolved_at=row.resolved_at,
        resolved_by=row.resolved_by,
    )
