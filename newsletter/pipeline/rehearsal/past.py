"""What a rehearsal takes from the site: past articles, numbers of readers, and the last issues."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.issues.issue import Issue, State
from newsletter.pipeline.rehearsal.replay import WEEK, SourceHabit, habits_of, replayable
from newsletter.site.recipients import readers_of
from newsletter.site.site import Site
from newsletter.site.source_settings import configured, distinct_sources
from newsletter.store import issues as issue_store
from newsletter.store import tables
from newsletter.store.articles import StoryVersion, load_versions
from newsletter.store.ledger.waves import zones_among
from newsletter.store.newsletters import advance_watermark, ensure_newsletter
from newsletter.store.report import acceptances
from newsletter.store.sources import numbers_of
from newsletter.store.transfer import copy_selected
from subscribers.sql import at_domain
from subscribers.subscriber import Frequency
from subscribers.tables import subscribers

LAST_SENDS, ENOUGH = 5, 100
"""How many of the last sends say how fast relays are; each of at least so many messages."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PastSource:
    """A source of a newsletter; `number` is None if the site has never read it."""

    number: int | None
    location: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """What is known before the rehearsal begins, by newsletter.

    `readers` are counted by domain, `zones` are their time zones. `sources_of_stories` are the numbers
    of the sources that had the story with that key.
    """

    versions: Mapping[str, Sequence[StoryVersion]]
    sources: Mapping[str, Sequence[PastSource]]
    habits: Mapping[str, Mapping[int, SourceHabit]]
    readers: Mapping[str, Mapping[str, int]]
    zones: Mapping[str, Collection[str]]
    sources_of_stories: Mapping[str, frozenset[int]]
    rate: float | None


def load_past(site: Site, slugs: Sequence[str], *, past: int, now: datetime) -> Past:
    """What the site knows of the last `past` weeks; it is only read."""
    versions, sources, habits, readers, zones = {}, {}, {}, {}, {}
    of_stories: dict[str, set[int]] = {}
    with site.database.transaction(read_only=True) as connection:
        for slug in slugs:
            sources[slug], since = _sources(site, connection, slug)
            found = load_versions(
                connection, slug, since=now - past * WEEK, sources=frozenset(since)
            )
            versions[slug] = replayable(found, now=now)
            habits[slug] = habits_of(versions[slug], since, past=past, now=now)
            readers[slug] = _readers_by_domain(site, connection, slug, now)
            zones[slug] = zones_among(connection, readers_of(site, slug)(now).subquery())
            for version in versions[slug]:
                of_stories.setdefault(version.article.key, set()).add(version.source_number)
        rate = _fastest_send(connection)
    return Past(
        versions=versions,
        sources=sources,
        habits=habits,
        readers=readers,
        zones=zones,
        sources_of_stories={key: frozenset(numbers) for key, numbers in of_stories.items()},
        rate=rate,
    )


def _sources(
    site: Site, connection: sa.Connection, slug: str
) -> tuple[list[PastSource], dict[int, datetime]]:
    """The newsletter's sources, and since when the site has known each that was ever read."""
    wanted = [s for s in distinct_sources(site.newsletter(slug).sources) if not s.paused]
    numbers = numbers_of(connection, slug, configured(wanted))
    found = [
        PastSource(number=number, location=source.location, name=source.name or source.location)
        for source, number in zip(wanted, numbers, strict=True)
    ]
    rows = connection.execute(
        sa.select(tables.sources.c.id, tables.sources.c.first_seen).where(
            tables.sources.c.id.in_([number for number in numbers if number is not None])
        )
    )
    return found, {row.id: row.first_seen for row in rows}


def _readers_by_domain(
    site: Site, connection: sa.Connection, slug: str, now: datetime
) -> dict[str, int]:
    readers = readers_of(site, slug)(now).subquery()
    domain = sa.func.lower(at_domain(readers.c.address))
    rows = connection.execute(sa.select(domain, sa.func.count()).group_by(domain))
    return {name.removeprefix("@"): count for name, count in rows}


def _fastest_send(connection: sa.Connection) -> float | None:
    """The messages a second of the fastest of the last sends; None if none was large enough.

    A send at an hour of each reader's day has mostly waited, and says nothing.
    """
    issues, waves = tables.issues, tables.waves
    waited = sa.exists().where(waves.c.issue_id == issues.c.id)
    last = connection.scalars(
        sa.select(issues.c.id)
        .where(issues.c.state == State.SENT, issues.c.audience >= ENOUGH, ~waited)
        .order_by(issues.c.send_started_at.desc())
        .limit(LAST_SENDS)
    ).all()
    rates = []
    for number in last:
        steps = acceptances(connection, number)
        if steps and steps[-1][1] >= ENOUGH:
            seconds = (steps[-1][0] - steps[0][0]).total_seconds()
            rates.append(steps[-1][1] / max(1.0, seconds))
    return max(rates, default=None)


def copy_past(site: Site, copy: Site, *, since: datetime) -> None:
    """Copy what drafts need into the copy's database: no reader, no editor, no delivery.

    Issues that are not sent yet become drafts again, because they are taken to be approved in time.
    """
    t = tables
    whole = (t.newsletters, t.sources, t.source_addresses, t.source_names, t.stories, t.story_keys)
    selected = {table: sa.select(table) for table in whole}
    selected[t.articles] = sa.select(t.articles).where(
        (t.articles.c.published >= since) | (t.articles.c.first_seen >= since)
    )
    for table in (t.issues, t.items, t.used_keys):
        selected[table] = sa.select(table)
    with (
        site.database.transaction(read_only=True) as source,
        copy.database.transaction() as target,
    ):
        copy_selected(source, target, selected)
        target.execute(
            sa.update(t.issues)
            .where(t.issues.c.state.in_([State.APPROVED, State.HELD]))
            .values(state=State.DRAFT, note=None, send_at=None, selection=None)
        )


def begin(copy: Site, slugs: Sequence[str], now: datetime) -> None:
    """Begin the history of newsletters that are new, and give digests a reader.

    One of the made-up readers reads monthly.
    """
    with copy.database.transaction() as connection:
        for slug in slugs:
            ensure_newsletter(connection, slug, now)
        connection.execute(
            sa.update(subscribers)
            .where(subscribers.c.id == sa.select(sa.func.min(subscribers.c.id)).scalar_subquery())
            .values(frequency=Frequency.MONTHLY.value)
        )


def mark_as_sent(site: Site, issue: Issue, now: datetime) -> None:
    """Let an issue pass that cannot be approved as it is: it has its articles, and nobody gets it."""
    name, number = issue.newsletter, issue.number
    with site.database.transaction() as connection:
        issue_store.move(connection, issue, State.APPROVED, approved_at=now)
        issue = issue_store.find_issue(connection, name, number)
        issue_store.move(connection, issue, State.SENDING, send_started_at=now)
        issue_store.take_articles(connection, issue)
        advance_watermark(connection, name, issue.window.end, closed=now)
        issue = issue_store.find_issue(connection, name, number)
        issue_store.move(connection, issue, State.SENT, send_finished_at=now)
