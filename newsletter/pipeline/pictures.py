"""gather: looks at the pictures of new articles, of which a draft may show each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from newsletter.site.site import Site
from newsletter.store.articles import checked_images

if TYPE_CHECKING:
    from newsletter.articles.reading import Reading

KEPT = timedelta(days=90)
"""How long a picture that answered once is not fetched again."""


def with_checked_pictures(
    site: Site, slug: str, readings: Sequence[Reading], *, now: datetime
) -> list[Reading]:
    """The readings, whose articles have pictures that were looked at."""
    if not any(article.image for reading in readings for article in reading.articles):
        return list(readings)
    from newsletter.articles.picture_check import check_pictures  # loads the HTTP client

    with site.database.transaction(read_only=True) as connection:
        known = checked_images(connection, slug, since=now - KEPT)
    checked = asyncio.run(
        check_pictures(
            [reading.articles for reading in readings],
            site.settings.fetch,
            known=known,
            now=now,
        )
    )
    return [
        replace(reading, articles=articles)
        for reading, articles in zip(readings, checked, strict=True)
    ]
