"""What a newsletter has gathered, of all sources it ever had."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from newsletter.articles.article import Article
from newsletter.store.articles import load_versions
from newsletter.store.tables import sources


def load_articles(
    connection: sa.Connection, newsletter: str, *, since: datetime
) -> list[tuple[Article, datetime]]:
    """The articles published or first seen since `since`, and when each was first seen."""
    places = frozenset(connection.execute(sa.select(sources.c.id)).scalars())
    found = load_versions(connection, newsletter, since=since, sources=places)
    return [(version.article, version.first_seen) for version in found]
