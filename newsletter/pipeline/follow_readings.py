"""Follows the articles of the sources that are set so: each page fills in what its feed leaves out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from newsletter.articles.entries import Origin
from newsletter.articles.follow import Followed, follow_pages
from newsletter.articles.reading import Reading
from newsletter.articles.tags import Vocabulary
from newsletter.config.settings import SourceSettings
from newsletter.site.site import Site
from newsletter.store.followed_pages import load_pages, save_pages


def follow_readings(
    site: Site,
    sources: Sequence[SourceSettings],
    readings: Sequence[Reading],
    *,
    vocabulary: Vocabulary,
    newsletter: str,
    fingerprint: str,
    now: datetime,
) -> list[Reading]:
    """The readings, with the articles of followed sources filled in from their pages.

    `fingerprint` identifies the settings with which the newsletter's articles are read.
    """
    places = [
        place
        for place, (source, reading) in enumerate(zip(sources, readings, strict=True))
        if source.follow and reading.articles
    ]
    result = list(readings)
    if not places:
        return result
    addresses = {article.url for place in places for article in readings[place].articles}
    with site.database.transaction(read_only=True) as connection:
        pages = load_pages(connection, newsletter, fingerprint, addresses)
    due = [
        (
            Origin(
                source=readings[place].source,
                location=readings[place].location,
                vocabulary=vocabulary,
                now=now,
            ),
            readings[place].articles,
            site.settings.fetch.allowing(sources[place].allow_private),
        )
        for place in places
    ]
    followed = asyncio.run(follow_pages(due, pages=pages))
    with site.database.transaction() as connection:
        fetched = [page for one in followed for page in one.pages]
        save_pages(connection, newsletter, fetched, fingerprint=fingerprint, now=now)
    for place, one in zip(places, followed, strict=True):
        result[place] = _with_pages(readings[place], one)
    return result


def _with_pages(reading: Reading, followed: Followed) -> Reading:
    memory = reading.memory
    if memory and not followed.complete:
        # The next gathering must find the feed changed, to follow the pages that are left.
        memory = replace(memory, etag="", last_modified="", body_hash="")
    return replace(
        reading,
        articles=followed.articles,
        findings=(*reading.findings, *followed.findings),
        memory=memory,
    )
