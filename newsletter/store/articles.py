"""Articles as they were gathered, one row per newsletter, source and key; and what fetches left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.articles.article import Article, Coverage, Image, Tag
from newsletter.articles.fetch import FetchMemory
from newsletter.store.tables import articles, fetches

_COLUMNS = (
    "key",
    "url",
    "title",
    "source",
    "published",
    "summary",
    "body_html",
    "body_text",
    "author",
    "agency",
)


def article_to_json(article: Article) -> dict[str, Any]:
    """The article as plain data, as an issue's item keeps it."""
    return {**asdict(article), "published": article.published.isoformat()}


def article_from_json(data: Mapping[str, Any]) -> Article:
    """The article that `article_to_json` wrote."""
    image = data["image"]
    return Article(
        **{
            **data,
            "published": datetime.fromisoformat(data["published"]),
            "tags": tuple(Tag(**tag) for tag in data["tags"]),
            "image": Image(**image) if image else None,
            "also": tuple(Coverage(**coverage) for coverage in data["also"]),
            "merged_keys": tuple(data["merged_keys"]),
        }
    )


def save_articles(
    connection: sa.Connection,
    newsletter: str,
    location: str,
    found: Iterable[Article],
    now: datetime,
) -> None:
    """Add a source's new articles, refresh those known; `first_seen` stays."""
    by_key: dict[str, Article] = {}
    for article in found:
        by_key.setdefault(article.key, article)
    here = (articles.c.newsletter == newsletter) & (articles.c.location == location)
    known = {
        row.key: row.id
        for row in connection.execute(
            sa.select(articles.c.id, articles.c.key).where(here, articles.c.key.in_(by_key))
        )
    }
    new = []
    for key, article in by_key.items():
        values = {name: getattr(article, name) for name in _COLUMNS}
        values["tags"] = [asdict(tag) for tag in article.tags]
        values["image"] = asdict(article.image) if article.image else None
        if key not in known:
            origin = {"newsletter": newsletter, "location": location, "first_seen": now}
            new.append({**values, **origin})
            continue
        if not article.dated:
            del values["published"]  # it counts as published when it was first seen
        connection.execute(sa.update(articles).where(articles.c.id == known[key]).values(values))
    if new:
        connection.execute(sa.insert(articles), new)


def load_articles(
    connection: sa.Connection, newsletter: str, *, since: datetime
) -> list[tuple[Article, datetime]]:
    """Articles published or first seen since `since`, with the moment each was first seen."""
    rows = connection.execute(
        sa.select(articles)
        .where(articles.c.newsletter == newsletter)
        .where((articles.c.published >= since) | (articles.c.first_seen >= since))
        .order_by(articles.c.published.desc(), articles.c.id)
    )
    return [(_article(row), row.first_seen) for row in rows]


def _article(row: sa.Row[Any]) -> Article:
    return Article(
        **{name: getattr(row, name) for name in _COLUMNS},
        tags=tuple(Tag(**tag) for tag in row.tags),
        image=Image(**row.image) if row.image else None,
    )


def load_memories(
    connection: sa.Connection, newsletter: str, fingerprint: str
) -> dict[str, FetchMemory]:
    """What the newsletter's earlier fetches left, by source.

    `fingerprint` stands for the settings that articles were read with: what was remembered
    under other settings is forgotten, so that a changed tag reaches an unchanged feed.
    """
    rows = connection.execute(
        sa.select(fetches).where(
            fetches.c.newsletter == newsletter, fetches.c.fingerprint == fingerprint
        )
    )
    return {
        row.source: FetchMemory(
            source=row.source,
            etag=row.etag,
            last_modified=row.last_modified,
            body_hash=row.body_hash,
            not_before=row.not_before,
        )
        for row in rows
    }


def save_memory(
    connection: sa.Connection,
    newsletter: str,
    memory: FetchMemory,
    *,
    fingerprint: str,
    problem: str,
    now: datetime,
) -> None:
    """Keep what a fetch left; `problem` is "" when it went well."""
    values = {
        **asdict(memory),
        "newsletter": newsletter,
        "fingerprint": fingerprint,
        "checked_at": now,
        "problem": problem,
        **({} if problem else {"succeeded_at": now}),
    }
    here = (fetches.c.newsletter == newsletter) & (fetches.c.source == memory.source)
    if connection.execute(sa.update(fetches).where(here).values(values)).rowcount == 0:
        connection.execute(sa.insert(fetches).values(values))
