"""The pages of feeds' articles that were fetched to fill in what the feeds leave out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.articles.fetch import FetchMemory
from newsletter.articles.follow import FollowedPage
from newsletter.store.articles import article_from_json, article_to_json
from newsletter.store.tables import followed_pages

KEPT = timedelta(days=60)
"""How long a page is kept after it was last asked for."""


def load_pages(
    connection: sa.Connection, newsletter: str, fingerprint: str, addresses: Collection[str]
) -> dict[str, FollowedPage]:
    """What is known of the pages at these addresses.

    `fingerprint` identifies the settings with which they were read; pages of others are ignored.
    """
    rows = connection.execute(
        sa.select(followed_pages).where(
            followed_pages.c.newsletter == newsletter,
            followed_pages.c.fingerprint == fingerprint,
            followed_pages.c.url.in_(addresses),
        )
    )
    return {
        row.url: FollowedPage(
            memory=FetchMemory(
                source=row.url,
                etag=row.etag,
                last_modified=row.last_modified,
                body_hash=row.body_hash,
                not_before=row.not_before,
            ),
            checked_at=row.checked_at,
            article=article_from_json(row.article) if row.article else None,
            problem=row.problem,
        )
        for row in rows
    }


def save_pages(
    connection: sa.Connection,
    newsletter: str,
    pages: Iterable[FollowedPage],
    *,
    fingerprint: str,
    now: datetime,
) -> None:
    """Store the pages in place of what was known of them, and forget those not asked for any more."""
    here = followed_pages.c.newsletter == newsletter
    for page in pages:
        memory = page.memory
        values = {
            "newsletter": newsletter,
            "url": memory.source,
            "fingerprint": fingerprint,
            "etag": memory.etag,
            "last_modified": memory.last_modified,
            "body_hash": memory.body_hash,
            "not_before": memory.not_before,
            "checked_at": page.checked_at,
            "problem": page.problem,
            "article": article_to_json(page.article) if page.article else None,
        }
        this = here & (followed_pages.c.url == memory.source)
        if connection.execute(sa.update(followed_pages).where(this).values(values)).rowcount == 0:
            connection.execute(sa.insert(followed_pages).values(values))
    connection.execute(
        sa.delete(followed_pages).where(here, followed_pages.c.checked_at < now - KEPT)
    )
