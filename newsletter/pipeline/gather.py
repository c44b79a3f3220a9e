"""gather: fetch a newsletter's sources and keep what they gave."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from newsletter import __version__
from newsletter.articles.tags import Vocabulary, make_vocabulary
from newsletter.config.settings import NewsletterSettings, TagSettings
from newsletter.site.site import Site
from newsletter.store.articles import load_memories, save_articles, save_memory
from newsletter.store.newsletters import ensure_newsletter, lock_newsletter

if TYPE_CHECKING:
    from newsletter.articles.reading import Reading


def gather(site: Site, slug: str, *, now: datetime) -> Sequence[Reading]:
    """Read every source of the newsletter; one that fails never stops the others."""
    # The readers of pages and feeds take a second to import, and only a gathering needs them.
    from newsletter.articles.reading import read_sources

    newsletter = site.newsletter(slug)
    fingerprint = _fingerprint(newsletter, site.settings.tags)
    with site.database.transaction() as connection:
        ensure_newsletter(connection, slug, now)
        memories = load_memories(connection, slug, fingerprint)
    readings = asyncio.run(
        read_sources(
            newsletter.sources,
            settings=site.settings.fetch,
            vocabulary=newsletter_vocabulary(newsletter, site.settings.tags),
            memories=memories,
            folder=site.folder,
            now=now,
        )
    )
    with site.database.transaction() as connection:
        lock_newsletter(connection, slug, now)
        for reading in readings:
            save_articles(connection, slug, reading.location, reading.articles, now)
            if reading.memory is not None:
                save_memory(
                    connection,
                    slug,
                    reading.memory,
                    fingerprint=fingerprint,
                    problem=_problem(reading),
                    now=now,
                )
    return readings


def newsletter_vocabulary(newsletter: NewsletterSettings, tags: TagSettings) -> Vocabulary:
    """The tags this newsletter knows: configured ones, its sections', and aliases."""
    known = [*tags.known, *(tag for section in newsletter.sections for tag in section.tags)]
    return make_vocabulary(known, tags.aliases)


def _fingerprint(newsletter: NewsletterSettings, tags: TagSettings) -> str:
    """Changes when the same feed would be read differently."""
    read_with = repr((__version__, newsletter.sources, newsletter.sections, tags))
    return hashlib.sha256(read_with.encode()).hexdigest()[:16]


def _problem(reading: Reading) -> str:
    return next((f.message for f in reading.findings if f.severity == "failure"), "")
