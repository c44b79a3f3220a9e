"""gather: fetch a newsletter's sources and keep what they gave."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from newsletter import __version__
from newsletter.articles.fetch import FetchMemory
from newsletter.articles.identity.addresses import location_key
from newsletter.articles.identity.sources import Configured
from newsletter.articles.pace import Look, Pace, next_pace
from newsletter.articles.source_finding import SourceFinding
from newsletter.articles.tags import Vocabulary, make_vocabulary
from newsletter.config.settings import NewsletterSettings, SourceSettings, TagSettings
from newsletter.site.site import Site
from newsletter.store.articles import (
    save_articles,
    withdraw_others,
)
from newsletter.store.fetches import load_memories, load_paces, save_memory
from newsletter.store.newsletters import ensure_newsletter, lock_newsletter
from newsletter.store.sources import add_address, settle_sources

if TYPE_CHECKING:
    from newsletter.articles.reading import Reading


def gather(
    site: Site, slug: str, *, now: datetime, only: Collection[str] | None = None
) -> Sequence[Reading]:
    """Read every source of the newsletter; one that fails never stops the others.

    `only` limits it to sources at these locations.
    """
    # The readers of pages and feeds take a second to import, and only a gathering needs them.
    from newsletter.articles.reading import read_sources

    newsletter = site.newsletter(slug)
    every_source = distinct_sources(newsletter.sources)
    sources = [source for source in every_source if only is None or source.location in only]
    fingerprint = _fingerprint(newsletter, site.settings.tags)
    with site.database.transaction() as connection:
        ensure_newsletter(connection, slug, now)
        memories = load_memories(connection, slug, fingerprint)
        paces = load_paces(connection, slug)
    readings = asyncio.run(
        read_sources(
            sources,
            settings=site.settings.fetch,
            vocabulary=newsletter_vocabulary(newsletter, site.settings.tags),
            memories=memories,
            folder=site.folder,
            now=now,
        )
    )
    kept = []
    with site.database.transaction() as connection:
        lock_newsletter(connection, slug, now)
        numbers = dict(
            zip(
                (source.location for source in every_source),
                settle_sources(connection, slug, configured(every_source), now),
                strict=True,
            )
        )
        for source, reading in zip(sources, readings, strict=True):
            number = numbers[source.location]
            look = _keep(connection, slug, source, number, reading, now)
            pace = next_pace(
                paces.get(source.location, Pace()),
                look,
                now=now,
                location=source.location,
                fresh_for=reading.fresh_for,
                every=source.every,
                not_before=reading.memory.not_before if reading.memory else None,
            )
            save_memory(
                connection,
                slug,
                reading.memory or FetchMemory(source=source.location),
                fingerprint=fingerprint,
                problem=_problem(reading),
                pace=pace,
                now=now,
            )
            kept.append(_with_turnover(reading) if look is Look.TURNED_OVER else reading)
    return kept


def gather_due(site: Site, slug: str, *, now: datetime) -> Sequence[Reading]:
    """Read those of the newsletter's sources whose time has come; what they gave."""
    with site.database.transaction(read_only=True) as connection:
        paces = load_paces(connection, slug)

    def is_due(source: SourceSettings) -> bool:
        return (paces.get(source.location, Pace()).next_look or now) <= now

    sources = site.newsletter(slug).sources
    if not any(map(is_due, sources)):  # telling addresses apart takes longer to load
        return ()
    due = {source.location for source in distinct_sources(sources) if is_due(source)}
    return gather(site, slug, now=now, only=due) if due else ()


def _keep(
    connection: sa.Connection,
    slug: str,
    source: SourceSettings,
    number: int,
    reading: Reading,
    now: datetime,
) -> Look:
    """Keep what a source gave; returns what the look came to."""
    if reading.moved_to:
        add_address(connection, number, reading.moved_to)
    look = save_articles(connection, slug, number, reading.articles, now)
    if _problem(reading):
        return Look.FAILED
    if source.kind == "folder":
        withdraw_others(connection, slug, number, reading.articles, now)
    return Look.NEW if look is Look.TURNED_OVER and source.kind != "feed" else look


def _with_turnover(reading: Reading) -> Reading:
    finding = SourceFinding(
        source=reading.source,
        severity="warning",
        message="turned over: nothing of the last look is left in it, so stories may have been missed",
        fix='ask it more often: every = "30m" beside its address in newsletter.toml',
    )
    return replace(reading, findings=(*reading.findings, finding))


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


def newsletter_vocabulary(newsletter: NewsletterSettings, tags: TagSettings) -> Vocabulary:
    """The tags this newsletter knows: configured ones, its sections', and aliases."""
    known = [*tags.known, *(tag for section in newsletter.sections for tag in section.tags)]
    return make_vocabulary(known, tags.aliases)


_NOT_OF_READING = {"every": None, "include": (), "exclude": (), "max_items": None, "max_age": None}
"""What changes when and whether articles are taken, not how they are read."""


def _fingerprint(newsletter: NewsletterSettings, tags: TagSettings) -> str:
    """Changes when the same feed would be read differently."""
    sources = [source.model_copy(update=_NOT_OF_READING) for source in newsletter.sources]
    read_with = repr((__version__, sources, newsletter.sections, tags))
    return hashlib.sha256(read_with.encode()).hexdigest()[:16]


def _problem(reading: Reading) -> str:
    return next((f.message for f in reading.findings if f.severity == "failure"), "")
