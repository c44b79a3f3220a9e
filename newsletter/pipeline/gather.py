"""gather: fetch a newsletter's sources and store the articles that they returned."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from newsletter.articles.fetch import FetchMemory
from newsletter.articles.identity.addresses import location_key
from newsletter.articles.pace import CheckResult, Pace, next_pace
from newsletter.config.settings import SourceSettings
from newsletter.pipeline.missed_stories import with_warning
from newsletter.pipeline.pictures import with_checked_pictures
from newsletter.pipeline.waiting_mail import mail_of, note_mail_read, sources_with_mail
from newsletter.site.site import Site
from newsletter.site.source_settings import (
    configured,
    distinct_sources,
    newsletter_vocabulary,
    reading_fingerprint,
)
from newsletter.store.articles import has_articles, save_articles, withdraw_others
from newsletter.store.fetches import (
    FetchResult,
    SourceContents,
    forget_others,
    load_memories,
    load_paces,
    save_results,
    sources_read,
)
from newsletter.store.newsletters import ensure_newsletter, lock_newsletter
from newsletter.store.source_claims import SourceClaims, claiming_sources
from newsletter.store.source_health import SourceHealth, load_health
from newsletter.store.sources import add_address, settle_sources

if TYPE_CHECKING:
    from newsletter.articles.mailed.reading import ArrivedMail
    from newsletter.articles.reading import Reading

SOME = 32
"""How many sources are read and stored together between issues."""

PATIENCE = timedelta(minutes=1)
"""How long a gathering waits for sources that another process is reading."""


def gather(
    site: Site,
    slug: str,
    *,
    now: datetime,
    only: Collection[str] | None = None,
    again: bool = False,
) -> Sequence[Reading]:
    """Read every source of the newsletter; a source that fails does not stop the others.

    If `only` is given, only the sources at these locations are read. `again` says that they have
    just failed, so another failure makes them no slower to be checked. A source that another
    process is reading at this moment is waited for, and not read a second time.
    """
    newsletter = site.newsletter(slug)
    sources = distinct_sources(newsletter.sources)
    chosen = [
        source
        for source in sources
        if not source.paused and (only is None or source.location in only)
    ]
    run = _Run(
        site=site,
        newsletter=slug,
        sources=tuple(sources),
        fingerprint=reading_fingerprint(site, slug),
        now=now,
        again=again,
    )
    with claiming_sources(site.database) as claims:
        checked = _checked(run)
        readings = _read_unclaimed(run, claims, chosen)
        missing = _missing(chosen, readings)
        if missing and _wait_for_others(claims, missing):
            readings |= _read_elsewhere(run, missing, checked)
            readings |= _read_unclaimed(run, claims, _missing(chosen, readings))
    for source in _missing(chosen, readings):
        from newsletter.articles.reading import busy_reading

        readings[source.location] = busy_reading(source.name or source.location, source.location)
    return [readings[source.location] for source in chosen]


def gather_due(
    site: Site, slug: str, *, now: datetime, stop: threading.Event | None = None
) -> Sequence[Reading]:
    """Read the newsletter's sources that are due to be read, some at a time, until `stop` is set.

    Those that another process is reading are left to it.
    """
    newsletter = site.newsletter(slug)
    with site.database.transaction(read_only=True) as connection:
        paces = load_paces(connection, slug)

        with_mail = sources_with_mail(connection, slug, newsletter.sources, now)

    def is_due(source: SourceSettings) -> bool:
        if source.kind == "mail":
            return not source.paused and source.location in with_mail
        next_check = paces.get(source.location, Pace()).next_check or now
        return not source.paused and next_check <= now

    if not any(map(is_due, newsletter.sources)):  # telling addresses apart takes longer to load
        return ()
    sources = distinct_sources(newsletter.sources)
    run = _Run(
        site=site,
        newsletter=slug,
        sources=tuple(sources),
        fingerprint=reading_fingerprint(site, slug),
        now=now,
    )
    due = [source for source in sources if is_due(source)]
    readings: list[Reading] = []
    while due and not (stop and stop.is_set()):
        some, due = due[:SOME], due[SOME:]
        with claiming_sources(site.database) as claims:
            readings += _read_unclaimed(run, claims, some).values()
    return readings


@dataclass(frozen=True, kw_only=True, slots=True)
class _Run:
    """One gathering: of which newsletter and all its sources, under which settings, and when."""

    site: Site
    newsletter: str
    sources: tuple[SourceSettings, ...]
    fingerprint: str
    now: datetime
    again: bool = False


def _read_unclaimed(
    run: _Run, claims: SourceClaims, sources: Sequence[SourceSettings]
) -> dict[str, Reading]:
    """Read and store those of the sources that no other process is reading, by location."""
    slug = run.newsletter
    with run.site.database.transaction() as connection:
        ensure_newsletter(connection, slug, run.now)
        ours = claims.take(connection, [location_key(source.location) for source in sources])
        memories = load_memories(connection, slug, run.fingerprint, run.now)
        paces = load_paces(connection, slug)
        mails = mail_of(connection, slug, sources)
    free = [source for source in sources if location_key(source.location) in ours]
    readings = _read(run, free, memories, mails)
    found: dict[str, Reading] = {}
    results: list[FetchResult] = []
    with run.site.database.transaction() as connection:
        lock_newsletter(connection, slug, run.now)
        settled = settle_sources(connection, slug, configured(run.sources), run.now)
        locations = [source.location for source in run.sources]
        forget_others(connection, slug, locations)
        numbers = dict(zip(locations, settled, strict=True))
        known = sources_read(connection, slug)
        for source, reading in zip(free, readings, strict=True):
            result = _save_articles(
                connection,
                run,
                source,
                numbers[source.location],
                reading,
                first_look=source.kind == "feed" and source.location not in known,
            )
            pace = paces.get(source.location, Pace())
            note_mail_read(connection, mails.get(source.location, ()), reading.mails)
            found[source.location], left = _judged(run, source, reading, result, pace)
            results.append(left)
        save_results(connection, slug, results, fingerprint=run.fingerprint, now=run.now)
        claims.release(connection)
    return found


def _read(
    run: _Run,
    sources: Sequence[SourceSettings],
    memories: Mapping[str, FetchMemory],
    mails: Mapping[str, Sequence[ArrivedMail]],
) -> Sequence[Reading]:
    """Fetch and read the sources, the pages that they follow, and what is to be known of pictures."""
    # The readers of pages and feeds take a second to import, so they are imported only here.
    from newsletter.articles.read_sources import read_sources
    from newsletter.pipeline.follow_readings import follow_readings

    site = run.site
    vocabulary = newsletter_vocabulary(site.newsletter(run.newsletter), site.settings.tags)
    readings = asyncio.run(
        read_sources(
            sources,
            settings=site.settings.fetch,
            vocabulary=vocabulary,
            memories=memories,
            folder=site.folder,
            now=run.now,
            zone=site.settings.site.zone,
            mails=mails,
        )
    )
    followed = follow_readings(
        site,
        sources,
        readings,
        vocabulary=vocabulary,
        newsletter=run.newsletter,
        fingerprint=run.fingerprint,
        now=run.now,
    )
    return with_checked_pictures(site, run.newsletter, followed, now=run.now)


def _missing(
    sources: Sequence[SourceSettings], readings: Mapping[str, Reading]
) -> list[SourceSettings]:
    return [source for source in sources if source.location not in readings]


def _checked(run: _Run) -> dict[str, datetime]:
    """When each source of the newsletter was last read."""
    with run.site.database.transaction(read_only=True) as connection:
        return {one.location: one.checked_at for one in _health(run, connection)}


def _health(run: _Run, connection: sa.Connection) -> list[SourceHealth]:
    locations = {source.location for source in run.sources}
    return load_health(connection, {run.newsletter: locations})


def _wait_for_others(claims: SourceClaims, sources: Sequence[SourceSettings]) -> bool:
    """Wait until no other process reads these sources; False if that takes too long."""
    keys = [location_key(source.location) for source in sources]
    ends = time.monotonic() + PATIENCE.total_seconds()
    while claims.any_elsewhere(keys):
        if time.monotonic() > ends:
            return False
        time.sleep(0.1)
    return True


def _read_elsewhere(
    run: _Run, sources: Sequence[SourceSettings], checked: Mapping[str, datetime]
) -> dict[str, Reading]:
    """The readings of the sources that another process has read for this newsletter meanwhile."""
    from newsletter.articles.reading import Reading

    locations = {source.location: source for source in sources}
    with run.site.database.transaction(read_only=True) as connection:
        return {
            one.location: Reading(
                source=locations[one.location].name or one.location,
                location=one.location,
                unchanged=True,
            )
            for one in _health(run, connection)
            if one.location in locations
            and not one.problem
            and one.checked_at != checked.get(one.location)
        }


def _judged(
    run: _Run, source: SourceSettings, reading: Reading, result: CheckResult, pace: Pace
) -> tuple[Reading, FetchResult]:
    """The reading for the report, and what the fetch leaves behind."""
    following = next_pace(
        pace,
        result,
        now=run.now,
        location=source.location,
        fresh_for=reading.fresh_for,
        every=source.every,
        not_before=reading.memory.not_before if reading.memory else None,
    )
    if run.again and result is CheckResult.FAILED and pace.next_check is not None:
        following = pace
    shown = with_warning(reading, result, pace.interval)
    contents = None
    if not reading.unchanged and result is not CheckResult.FAILED:
        dates = [article.published for article in reading.articles]
        contents = SourceContents(dates=dates, findings=shown.findings)
    left = FetchResult(
        memory=reading.memory or FetchMemory(source=source.location),
        problem=_problem(reading),
        pace=following,
        moved_to=reading.moved_to,
        turned_over=result is CheckResult.REPLACED,
        contents=contents,
    )
    return shown, left


def _save_articles(
    connection: sa.Connection,
    run: _Run,
    source: SourceSettings,
    number: int,
    reading: Reading,
    *,
    first_look: bool,
) -> CheckResult:
    if reading.moved_to:
        add_address(connection, number, reading.moved_to)
    if source.popular:
        from newsletter.store.popular import save_ranking  # few sites have such a source

        result = save_ranking(connection, run.newsletter, number, reading.articles)
        return CheckResult.FAILED if _problem(reading) else result
    result = save_articles(
        connection,
        run.newsletter,
        number,
        reading.articles,
        run.now,
        first_look=first_look,
        is_whole=source.kind != "mail",
    )
    if _problem(reading):
        return CheckResult.FAILED
    is_empty = not reading.unchanged and not reading.articles
    if source.kind == "feed" and is_empty and has_articles(connection, run.newsletter, number):
        return CheckResult.EMPTIED
    if source.kind == "folder":
        withdraw_others(connection, run.newsletter, number, reading.articles, run.now)
    if result is CheckResult.REPLACED and source.kind != "feed":
        return CheckResult.NEW
    return result


def _problem(reading: Reading) -> str:
    return next((f.message for f in reading.findings if f.severity == "failure"), "")
