"""What a newsletter has gathered, of all sources it ever had."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from newsletter.articles.article import Article
from newsletter.store.articles import load_tellings
from newsletter.store.tables import sources


def load_articles(
    connection: sa.Connection, newsletter: str, *, since: datetime
) -> list[tuple[Article, datetime]]:
    """The articles published or first seen since `since`, and when each was first seen."""
    places = frozenset(connection.execute(sa.select(sources.c.id)).scalars())
    found = load_tellings(connection, newsletter, since=since, places=places)
    return [(telling.article, telling.first_seen) for telling in found]
