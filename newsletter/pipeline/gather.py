"""gather: fetch a newsletter's sources and keep what they gave."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from newsletter import __version__
from newsletter.articles.identity.addresses import location_key
from newsletter.articles.identity.sources import Configured
from newsletter.articles.tags import Vocabulary, make_vocabulary
from newsletter.config.settings import NewsletterSettings, SourceSettings, TagSettings
from newsletter.pipeline.site import Site
from newsletter.store.articles import (
    load_memories,
    save_articles,
    save_memory,
    withdraw_others,
)
from newsletter.store.newsletters import ensure_newsletter, lock_newsletter
from newsletter.store.sources import add_address, settle_sources

if TYPE_CHECKING:
    from newsletter.articles.reading import Reading


def gather(site: Site, slug: str, *, now: datetime) -> Sequence[Reading]:
    """Read every source of the newsletter; one that fails never stops the others."""
    # The readers of pages and feeds take a second to import, and only a gathering needs them.
    from newsletter.articles.reading import read_sources

    newsletter = site.newsletter(slug)
    sources = distinct_sources(newsletter.sources)
    fingerprint = _fingerprint(newsletter, site.settings.tags)
    with site.database.transaction() as connection:
        ensure_newsletter(connection, slug, now)
        memories = load_memories(connection, slug, fingerprint)
    readings = asyncio.run(
        read_sources(
            sources,
            settings=site.settings.fetch,
            vocabulary=vocabulary_of(newsletter, site.settings.tags),
            memories=memories,
            folder=site.folder,
            now=now,
        )
    )
    with site.database.transaction() as connection:
        lock_newsletter(connection, slug, now)
        numbers = settle_sources(connection, slug, configured(sources), now)
        for source, number, reading in zip(sources, numbers, readings, strict=True):
            if reading.moved_to:
                add_address(connection, number, reading.moved_to)
            save_articles(connection, slug, number, reading.articles, now)
            if source.kind == "folder" and not _problem(reading):
                withdraw_others(connection, slug, number, reading.articles, now)
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


def distinct_sources(sources: Sequence[SourceSettings]) -> list[SourceSettings]:
    """The sources, each place once: one that is listed twice adds the tags of both."""
    found: dict[tuple[str, str], SourceSettings] = {}
    for source in sources:
        place = (source.kind, location_key(source.location))
        first = found.setdefault(place, source)
        tags = tuple(dict.fromkeys((*first.tags, *source.tags)))
        found[place] = first.model_copy(update={"tags": tags, "name": first.name or source.name})
    return list(found.values())


def configured(sources: Sequence[SourceSettings]) -> list[Configured]:
    """The sources as their identity is looked up."""
    return [Configured(location=source.location, name=source.name or "") for source in sources]


def vocabulary_of(newsletter: NewsletterSettings, tags: TagSettings) -> Vocabulary:
    """The tags this newsletter knows: configured ones, its sections', and aliases."""
    known = [*tags.known, *(tag for section in newsletter.sections for tag in section.tags)]
    return make_vocabulary(known, tags.aliases)


def _fingerprint(newsletter: NewsletterSettings, tags: TagSettings) -> str:
    """Changes when the same feed would be read differently."""
    read_with = repr((__version__, newsletter.sources, newsletter.sections, tags))
    return hashlib.sha256(read_with.encode()).hexdigest()[:16]


def _problem(reading: Reading) -> str:
    return next((f.message for f in reading.findings if f.severity == "failure"), "")
