"""Issues that another tool sent, for the public archive. They have no number and no ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from newsletter.issues.past.post import PastIssue
from newsletter.store.tables import past_issues


class Kept(StrEnum):
    """What became of an imported issue."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, kw_only=True, slots=True)
class PastIssueLine:
    """A past issue, as a list shows it."""

    slug: str
    title: str
    summary: str
    published_at: datetime


def keep_past_issue(
    connection: sa.Connection, newsletter: str, issue: PastIssue, now: datetime
) -> Kept:
    """Add the issue, or update the one with the same key; its address stays as it was."""
    here = (past_issues.c.newsletter == newsletter) & (past_issues.c.key == issue.key)
    values = {
        "title": issue.title,
        "summary": issue.summary,
        "html": issue.html,
        "published_at": issue.published,
    }
    known = connection.execute(sa.select(past_issues).where(here)).mappings().first()
    if known is None:
        slug = _free_slug(connection, newsletter, issue.slug)
        added = {"newsletter": newsletter, "key": issue.key, "slug": slug, "imported_at": now}
        connection.execute(sa.insert(past_issues).values(**values, **added))
        return Kept.ADDED
    if all(known[name] == value for name, value in values.items()):
        return Kept.UNCHANGED
    connection.execute(sa.update(past_issues).where(here).values(**values))
    return Kept.UPDATED


def past_issue_lines(
    connection: sa.Connection, newsletter: str, *, limit: int, after: str | None = None
) -> Sequence[PastIssueLine]:
    """Up to `limit` past issues, newest first, of those that come after the one called `after`."""
    table = past_issues
    query = (
        sa.select(table.c.slug, table.c.title, table.c.summary, table.c.published_at)
        .where(table.c.newsletter == newsletter)
        .order_by(table.c.published_at.desc(), table.c.id.desc())
        .limit(limit)
    )
    if after is not None:
        last = connection.execute(
            sa.select(table.c.published_at, table.c.id).where(
                table.c.newsletter == newsletter, table.c.slug == after
            )
        ).first()
        if last is None:
            return ()
        query = query.where(
            sa.or_(
                table.c.published_at < last.published_at,
                sa.and_(table.c.published_at == last.published_at, table.c.id < last.id),
            )
        )
    return [PastIssueLine(**row) for row in connection.execute(query).mappings()]


def find_past_issue(connection: sa.Connection, newsletter: str, slug: str) -> PastIssue | None:
    """The past issue at this address, or None."""
    row = connection.execute(
        sa.select(past_issues).where(
            past_issues.c.newsletter == newsletter, past_issues.c.slug == slug
        )
    ).first()
    return _issue(row) if row is not None else None


def past_issues_of(
    connection: sa.Connection, newsletter: str, *, limit: int
) -> Sequence[PastIssue]:
    """Up to `limit` whole past issues, newest first."""
    table = past_issues
    rows = connection.execute(
        sa.select(table)
        .where(table.c.newsletter == newsletter)
        .order_by(table.c.published_at.desc(), table.c.id.desc())
        .limit(limit)
    )
    return [_issue(row) for row in rows]


def _issue(row: sa.Row[Any]) -> PastIssue:
    return PastIssue(
        key=row.key,
        slug=row.slug,
        title=row.title,
        summary=row.summary,
        html=row.html,
        published=row.published_at,
    )


def _free_slug(connection: sa.Connection, newsletter: str, wanted: str) -> str:
    """The slug, with a number behind it if another issue has it."""
    taken = set(
        connection.scalars(
            sa.select(past_issues.c.slug).where(
                past_issues.c.newsletter == newsletter,
                past_issues.c.slug.startswith(wanted, autoescape=True),
            )
        )
    )
    candidates = (wanted, *(f"{wanted}-{number}" for number in range(2, len(taken) + 3)))
    return next(slug for slug in candidates if slug not in taken)
