"""What a newsletter sent in a time, and how often its links were followed, in sums alone."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from newsletter.issues.selection import selection_from_json
from newsletter.issues.year import CarriedStory, CarryingIssue
from newsletter.store.archive import is_public, issues_with_public_edition, public_subject
from newsletter.store.ledger import accepted_by_issue
from newsletter.store.tables import clicks, issues, items, links


def carrying_issues(
    connection: sa.Connection, newsletter: str, *, start: datetime, end: datetime
) -> list[CarryingIssue]:
    """The issues for everybody whose send began in [start, end), the oldest first."""
    rows = connection.execute(
        sa.select(issues.c.id, issues.c.number, public_subject, issues.c.send_started_at)
        .select_from(issues_with_public_edition)
        .where(*_sent(newsletter, start, end))
        .order_by(issues.c.number)
    ).all()
    accepted = accepted_by_issue(connection, [row.id for row in rows])
    return [
        CarryingIssue(
            number=row.number,
            subject=row.subject,
            at=row.send_started_at,
            accepted=accepted.get(row.id, 0),
        )
        for row in rows
    ]


def carried_stories(
    connection: sa.Connection, newsletter: str, *, start: datetime, end: datetime
) -> list[CarriedStory]:
    """The stories that these issues had for everybody, in the order in which readers got them."""
    rows = connection.execute(
        sa.select(
            issues.c.number,
            issues.c.send_started_at,
            issues.c.selection,
            items.c.section,
            items.c.overrides,
            items.c.follows,
            items.c.article["title"].as_string().label("title"),
            items.c.article["url"].as_string().label("url"),
            items.c.article["source"].as_string().label("source"),
            items.c.article["tags"].label("tags"),
        )
        .join(issues, issues.c.id == items.c.issue_id)
        .where(*_sent(newsletter, start, end), items.c.hidden.is_(False))
        .order_by(issues.c.number, items.c.position)
    )
    return [
        CarriedStory(
            issue=row.number,
            at=row.send_started_at,
            title=row.overrides.get("title") or row.title,
            url=row.url,
            source=row.source,
            tags=tuple(tag["label"] for tag in row.tags),
            follows=row.follows["url"] if row.follows else "",
        )
        for row in rows
        if row.section not in {rule.title for rule in selection_from_json(row.selection).rules}
    ]


def clicks_by_url(
    connection: sa.Connection, newsletter: str, *, start: datetime, end: datetime
) -> dict[str, int] | None:
    """The clicks on the links of these issues, by URL; None if none of them counts clicks."""
    rows = connection.execute(
        sa.select(links.c.url, sa.func.coalesce(sa.func.sum(clicks.c.count), 0))
        .select_from(
            links.join(issues, issues.c.id == links.c.issue_id).outerjoin(
                clicks, clicks.c.token == links.c.token
            )
        )
        .where(*_sent(newsletter, start, end))
        .group_by(links.c.url)
    ).all()
    return {url: int(count) for url, count in rows} if rows else None


def _sent(newsletter: str, start: datetime, end: datetime) -> list[sa.ColumnElement[bool]]:
    return [
        is_public,
        issues.c.newsletter == newsletter,
        issues.c.send_started_at >= start,
        issues.c.send_started_at < end,
    ]
