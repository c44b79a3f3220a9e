"""What each source brought to the last issues of a newsletter."""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.store.tables import articles, issues, items, sources, stories

ISSUES = 3
"""The last issues that are looked at, an open one included."""


def contributions(connection: sa.Connection, newsletter: str) -> dict[str, int]:
    """How many articles of the last ISSUES issues each location had; shared ones count for each."""
    last = (
        sa.select(issues.c.id)
        .where(issues.c.newsletter == newsletter)
        .order_by(issues.c.number.desc())
        .limit(ISSUES)
    )
    rows = connection.execute(
        sa.select(sources.c.location, sa.func.count(sa.distinct(stories.c.id)))
        .select_from(items)
        .join(stories, stories.c.key == items.c.article_key)
        .join(articles, articles.c.story_id == stories.c.id)
        .join(sources, sources.c.id == articles.c.source_id)
        .where(
            items.c.issue_id.in_(list(connection.scalars(last))),
            articles.c.newsletter == newsletter,
            items.c.hidden.is_(False),
        )
        .group_by(sources.c.location)
    )
    return {row[0]: int(row[1]) for row in rows}
