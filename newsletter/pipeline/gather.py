"""gather: fetch a newsletter's sources and store the articles that they returned."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from newsletter import __version__
from newsletter.articles.fetch import FetchMemory
from newsletter.articles.identity.addresses import location_key
from newsletter.articles.identity.sources import Configured
from newsletter.articles.pace import CheckResult, Pace, next_pace
from newsletter.articles.source_finding import SourceFinding
from newsletter.articles.tags import Vocabulary, make_vocabulary
from newsletter.config.settings import NewsletterSettings, SourceSettings, TagSettings
from newsletter.pipeline.pictures import with_checked_pictures
from newsletter.site.site import Site
from newsletter.store.articles import (
    save_articles,
    withdraw_others,
)
from newsletter.store.fetches import load_memories, load_paces, save_memory, was_read
from newsletter.store.newsletters import ensure_newsletter, lock_newsletter
from newsletter.store.sources import add_address, settle_sources

if TYPE_CHECKING:
    from newsletter.articles.reading import Reading


def gather(
    site: Site, slug: str, *, now: datetime, only: Collection[str] | None = None
) -> Sequence[Reading]:
    """Read every source of the newsletter; a source that fails does not stop the others.

    If `only` is given, only the sources at these locations are read.
    """
    # The readers of pages and feeds take a second to import, so they are imported only here.
    from newsletter.articles.reading import read_sources

    newsletter = site.newsletter(slug)
    every_source = distinct_sources(newsletter.sources)
    sources = [source for source in every_source if only is None or source.location in only]
    run = _Run(newsletter=slug, fingerprint=_fingerprint(newsletter, site.settings.tags), now=now)
    with site.database.transaction() as connection:
        ensure_newsletter(connection, slug, now)
        memories = load_memories(connection, slug, run.fingerprint)
        paces = load_paces(connection, slug)
    readings = asyncio.run(
        read_sources(
            sources,
            settings=site.settings.fetch,
            vocabulary=newsletter_vocabulary(newsletter, site.settings.tags),
            memories=memories,
            folder=site.folder,
            now=now,
            zone=site.settings.site.zone,
        )
    )
    readings = with_checked_pictures(site, slug, readings, now=now)
    with site.database.transaction() as connection:
        lock_newsletter(connection, slug, now)
        numbers = dict(
            zip(
                (source.location for source in every_source),
                settle_sources(connection, slug, configured(every_source), now),
                strict=True,
            )
        )
        return [
            _save_reading(
                connection,
                run,
                source,
                numbers[source.location],
                reading,
                paces.get(source.location, Pace()),
            )
            for source, reading in zip(sources, readings, strict=True)
        ]


def gather_due(site: Site, slug: str, *, now: datetime) -> Sequence[Reading]:
    """Read the newsletter's sources that are due to be read."""
    with site.database.transaction(read_only=True) as connection:
        paces = load_paces(connection, slug)

    def is_due(source: SourceSettings) -> bool:
        return (paces.get(source.location, Pace()).next_check or now) <= now

    sources = site.newsletter(slug).sources
    if not any(map(is_due, sources)):  # telling addresses apart takes longer to load
        return ()
    due = {source.location for source in distinct_sources(sources) if is_due(source)}
    return gather(site, slug, now=now, only=due) if due else ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Run:
    """One gathering: for which newsletter, under which settings, and when."""

    newsletter: str
    fingerprint: str
    now: datetime


def _save_reading(
    connection: sa.Connection,
    run: _Run,
    source: SourceSettings,
    number: int,
    reading: Reading,
    pace: Pace,
) -> Reading:
    """Store what was read of a source, and its next pace; returns the reading for the report."""
    result = _save_articles(connection, run, source, number, reading)
    save_memory(
        connection,
        run.newsletter,
        reading.memory or FetchMemory(source=source.location),
        fingerprint=run.fingerprint,
        problem=_problem(reading),
        pace=next_pace(
            pace,
            result,
            now=run.now,
            location=source.location,
            fresh_for=reading.fresh_for,
            every=source.every,
            not_before=reading.memory.not_before if reading.memory else None,
        ),
        now=run.now,
    )
    return _with_replacement_warning(reading) if result is CheckResult.REPLACED else reading


def _save_articles(
    connection: sa.Connection, run: _Run, source: SourceSettings, number: int, reading: Reading
) -> CheckResult:
    if reading.moved_to:
        add_address(connection, number, reading.moved_to)
    first_look = source.kind == "feed" and not was_read(connection, run.newsletter, source.location)
    result = save_articles(
        connection, run.newsletter, number, reading.articles, run.now, first_look=first_look
    )
    if _problem(reading):
        return CheckResult.FAILED
    if source.kind == "folder":
        withdraw_others(connection, run.newsletter, number, reading.articles, run.now)
    if result is CheckResult.REPLACED and source.kind != "feed":
        return CheckResult.NEW
    return result


def _with_replacement_warning(reading: Reading) -> Reading:
    finding = SourceFinding(
        source=reading.source,
        severity="warning",
        message="every article is new since the last check, so stories may have been missed",
        fix='check it more often: write every = "30m" below its address in newsletter.toml',
    )
    return replace(reading, findings=(*reading.findings, finding))


def distinct_sources(sources: Sequence[SourceSettings]) -> list[SourceSettings]:
    """The sources, each location once: a source that is listed twice gets the tags of both."""
    found: dict[tuple[str, str], SourceSettings] = {}
    for source in sources:
        location = (source.kind, location_key(source.location))
        first = found.setdefault(location, source)
        tags = tuple(dict.fromkeys((*first.tags, *source.tags)))
        found[location] = first.model_copy(update={"tags": tags, "name": first.name or source.name})
    return list(found.values())


def configured(sources: Sequence[SourceSettings]) -> list[Configured]:
    """The sources with the location and name by which each is identified."""
    return [Configured(location=source.location, name=source.name or "") for source in sources]


def newsletter_vocabulary(newsletter: NewsletterSettings, tags: TagSettings) -> Vocabulary:
    """The tags that the newsletter knows: configured tags, those of its sections, and aliases."""
    known = [*tags.known, *(tag for section in newsletter.sections for tag in section.tags)]
    return make_vocabulary(known, tags.aliases)


_NOT_OF_READING = {"every": None, "include": (), "exclude": (), "max_items": None, "max_age": None}
"""Settings that change when and which articles are taken, but not how they are read."""


def _fingerprint(newsletter: NewsletterSettings, tags: TagSettings) -> str:
    """A value that changes whenever the settings would read the same feed differently."""
    sources = [source.model_copy(update=_NOT_OF_READING) for source in newsletter.sources]
    read_with = repr((__version__, sources, newsletter.sections, tags))
    return hashlib.sha256(read_with.encode()).hexdigest()[:16]


def _problem(reading: Reading) -> str:
    return next((f.message for f in reading.findings if f.severity == "failure"), "")
