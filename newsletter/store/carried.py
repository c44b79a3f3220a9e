"""The stories that a newsletter's issues carried, for comparison with later drafts."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from newsletter.articles.article import Article
from newsletter.issues.memory import Carried
from newsletter.store.stories import in_parts, joined_keys
from newsletter.store.tables import articles, issues, items, stories, used_keys

BEGINNING = 1200
"""The number of characters of a text that are compared."""


def carried_by(connection: sa.Connection, newsletter: str) -> list[Carried]:
    """The stories that readers saw in the newsletter's issues, the newest issue first."""
    sources = _sources_of(connection, newsletter)
    joined = _joined(connection)
    article = items.c.article
    rows = connection.execute(
        sa.select(
            items.c.article_key,
            issues.c.number,
            issues.c.due_date,
            article["url"].as_string().label("url"),
            article["title"].as_string().label("title"),
            article["source"].as_string().label("source"),
            article["agency"].as_string().label("agency"),
            article["published"].as_string().label("published"),
            article["summary"].as_string().label("summary"),
            sa.func.substr(article["body_text"].as_string(), 1, BEGINNING).label("body_text"),
        )
        .join(issues, issues.c.id == items.c.issue_id)
        .where(
            issues.c.newsletter == newsletter,
            issues.c.send_started_at.is_not(None),
            items.c.hidden.is_(False),
        )
        .order_by(issues.c.number.desc(), items.c.position)
    )
    return [
        Carried(
            article=Article(
                key=row.article_key,
                merged_keys=joined.get(row.article_key, ()),
                url=row.url,
                title=row.title,
                source=row.source,
                agency=row.agency,
                published=datetime.fromisoformat(row.published),
                summary=row.summary,
                body_text=row.body_text,
            ),
            newsletter=newsletter,
            number=row.number,
            day=date.fromisoformat(row.due_date),
            sources=sources.get(row.article_key, frozenset()),
        )
        for row in rows
    ]


def _sources_of(connection: sa.Connection, newsletter: str) -> dict[str, frozenset[int]]:
    """The sources that ever had each story which an issue took, by the key of the story."""
    taken = connection.execute(
        sa.select(used_keys.c.article_key).where(used_keys.c.newsletter == newsletter).distinct()
    ).scalars()
    by_story: dict[int, list[str]] = {}
    for some in in_parts(taken):
        rows = connection.execute(
            sa.select(stories.c.key, stories.c.id, stories.c.joined_to).where(
                stories.c.key.in_(some)
            )
        )
        for row in rows:
            by_story.setdefault(row.joined_to or row.id, []).append(row.key)
    found: dict[str, set[int]] = {}
    for numbers in in_parts(by_story):
        pairs = connection.execute(
            sa.select(articles.c.story_id, articles.c.source_id)
            .where(articles.c.story_id.in_(numbers))
            .distinct()
        )
        for story, source in pairs:
            for key in by_story[story]:
                found.setdefault(key, set()).add(source)
    return {key: frozenset(numbers) for key, numbers in found.items()}


def _joined(connection: sa.Connection) -> dict[str, tuple[str, ...]]:
    """The keys of all stories that are one with a story, by the key of that story."""
    groups = joined_keys(connection)
    first = {
        row.id: row.key
        for row in connection.execute(
            sa.select(stories.c.id, stories.c.key).where(stories.c.id.in_(list(groups)))
        )
    }
    whole = {number: (first[number], *keys) for number, keys in groups.items()}
    return {key: keys for keys in whole.values() for key in keys}
