"""Looks at the pictures of new articles, and at those that an editor chooses."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from newsletter.articles.article import Image
from newsletter.issues.edits import Edit, Illustrate, Rewrite
from newsletter.issues.issue import Overrides
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
            converts=site.settings.images.host,
        )
    )
    return [
        replace(reading, articles=articles)
        for reading, articles in zip(readings, checked, strict=True)
    ]


def with_looked_at_pictures(site: Site, edits: Sequence[Edit], *, now: datetime) -> list[Edit]:
    """The edits, whose pictures that nobody has looked at yet were looked at."""
    return [_looked_at(site, edit, now) for edit in edits]


def _looked_at(site: Site, edit: Edit, now: datetime) -> Edit:
    match edit:
        case Illustrate(image=Image(answers=None) as image):
            return replace(edit, image=_seen(site, image, now))
        case Rewrite(overrides=Overrides(image=Image(answers=None) as image) as overrides):
            return replace(edit, overrides=replace(overrides, image=_seen(site, image, now)))
    return edit


def _seen(site: Site, image: Image, now: datetime) -> Image:
    from newsletter.articles.picture_check import look_at_one  # loads the HTTP client

    return asyncio.run(
        look_at_one(image, site.settings.fetch, now=now, converts=site.settings.images.host)
    )
