"""What lists of popular stories rest on: the rankings of sites, and the clicks of past issues."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from newsletter.articles.article import Article
from newsletter.articles.pace import CheckResult
from newsletter.issues.issue import State
from newsletter.issues.popular import RankedStory
from newsletter.issues.selection import selection_from_json
from newsletter.store.issues import insert_rows
from newsletter.store.tables import clicks, issues, items, links, ranked_stories


def save_ranking(
    connection: sa.Connection, newsletter: str, source: int, found: Sequence[Article]
) -> CheckResult:
    """Store the source's stories in their order, in place of those before; an empty list changes nothing."""
    here = (ranked_stories.c.newsletter == newsletter) & (ranked_stories.c.source_id == source)
    before = connection.execute(
        sa.select(ranked_stories.c.title, ranked_stories.c.url, ranked_stories.c.tags)
        .where(here)
        .order_by(ranked_stories.c.position)
    ).all()
    rows = [
        (article.title, article.url, [tag.slug for tag in article.tags])
        for article in found
        if article.url
    ]
    if not rows or rows == [tuple(row) for row in before]:
        return CheckResult.SAME
    connection.execute(sa.delete(ranked_stories).where(here))
    insert_rows(
        connection,
        ranked_stories,
        (
            {
                "newsletter": newsletter,
                "source_id": source,
                "position": position,
                "source": found[0].source,
                "title": title,
                "url": url,
                "tags": tags,
            }
            for position, (title, url, tags) in enumerate(rows)
        ),
    )
    return CheckResult.NEW


def rankings(
    connection: sa.Connection, newsletter: str, sources: Collection[int]
) -> tuple[list[RankedStory], list[str]]:
    """The stories that these sources rank, and the names of the sources, in their order.

    With several sources their first stories come first, then their second ones.
    """
    rows = connection.execute(
        sa.select(ranked_stories)
        .where(ranked_stories.c.newsletter == newsletter, ranked_stories.c.source_id.in_(sources))
        .order_by(ranked_stories.c.position, ranked_stories.c.source_id)
    ).all()
    stories = [RankedStory(title=row.title, url=row.url, tags=frozenset(row.tags)) for row in rows]
    return stories, [row.source for row in rows]


def opened_stories(
    connection: sa.Connection, newsletter: str, *, issues_back: int
) -> list[RankedStory]:
    """The stories that the last issues sent showed to everybody, with the clicks on their links."""
    last = (
        sa.select(issues.c.id)
        .where(issues.c.newsletter == newsletter, issues.c.state == State.SENT)
        .order_by(issues.c.number.desc())
        .limit(issues_back)
    )
    url = items.c.article["url"].as_string()
    rows = connection.execute(
        sa.select(
            items.c.section,
            items.c.overrides,
            items.c.article["title"].as_string().label("title"),
            items.c.article["tags"].label("tags"),
            url.label("url"),
            issues.c.selection,
            sa.func.sum(clicks.c.count).label("clicks"),
        )
        .select_from(
            items.join(issues, issues.c.id == items.c.issue_id)
            .join(links, (links.c.issue_id == items.c.issue_id) & (links.c.url == url))
            .join(clicks, clicks.c.token == links.c.token)
        )
        .where(items.c.issue_id.in_(last), items.c.hidden.is_(False))
        .group_by(items.c.issue_id, items.c.article_key, issues.c.id)
        .order_by(issues.c.number, items.c.position)
    )
    return [
        RankedStory(
            title=row.overrides.get("title") or row.title,
            url=row.url,
            tags=frozenset(tag["slug"] for tag in row.tags),
            clicks=int(row.clicks),
        )
        for row in rows
        # A section for some readers only stays theirs.
        if row.section not in {rule.title for rule in selection_from_json(row.selection).rules}
    ]
