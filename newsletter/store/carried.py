"""What a newsletter's issues carried, as later drafts are compared with it."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from newsletter.articles.article import Article
from newsletter.issues.memory import Carried
from newsletter.store.stories import in_parts, joined_keys
from newsletter.store.tables import articles, issues, items, stories, used_keys

BEGINNING = 1200
"""Characters of a text that are compared."""


def carried_by(connection: sa.Connection, newsletter: str) -> list[Carried]:
    """The stories that readers saw in the newsletter's issues, the newest issue first."""
    told = _told(connection, newsletter)
    joined = _joined(connection)
    said = items.c.article
    rows = connection.execute(
        sa.select(
            items.c.article_key,
            issues.c.number,
            issues.c.due_date,
            said["url"].as_string().label("url"),
            said["title"].as_string().label("title"),
            said["source"].as_string().label("source"),
            said["agency"].as_string().label("agency"),
            said["published"].as_string().label("published"),
            said["summary"].as_string().label("summary"),
            sa.func.substr(said["body_text"].as_string(), 1, BEGINNING).label("body_text"),
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
            places=told.get(row.article_key, frozenset()),
        )
        for row in rows
    ]


def _told(connection: sa.Connection, newsletter: str) -> dict[str, frozenset[int]]:
    """The sources that ever told each story which an issue took, by the story's key."""
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
        places = connection.execute(
            sa.select(articles.c.story_id, articles.c.source_id)
            .where(articles.c.story_id.in_(numbers))
            .distinct()
        )
        for story, place in places:
            for key in by_story[story]:
                found.setdefault(key, set()).add(place)
    return {key: frozenset(numbers) for key, numbers in found.items()}


def _joined(connection: sa.Connection) -> dict[str, tuple[str, ...]]:
    """By the key of a story, the keys of all that are one with it."""
    groups = joined_keys(connection)
    first = {
        row.id: row.key
        for row in connection.execute(
            sa.select(stories.c.id, stories.c.key).where(stories.c.id.in_(list(groups)))
        )
    }
    whole = {number: (first[number], *keys) for number, keys in groups.items()}
    return {key: keys for keys in whole.values() for key in keys}
