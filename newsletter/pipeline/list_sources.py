"""list_sources: the sources of the site, how they are doing, and the same as an OPML file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newsletter.articles.identity.addresses import location_key
from newsletter.articles.opml import OpmlFeed, write_opml
from newsletter.config.settings import SourceSettings
from newsletter.site.site import Site
from newsletter.site.source_settings import distinct_sources
from newsletter.store.source_health import SourceHealth, load_health


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedSource:
    """A source, the newsletters that have it, and its latest health; None if it was never read."""

    location: str
    kind: str
    name: str
    tags: tuple[str, ...]
    newsletters: tuple[str, ...]
    health: SourceHealth | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportedSources:
    """An OPML document, how many feeds it has, and how many sources are not feeds."""

    opml: str
    feeds: int
    left_out: int


def list_sources(site: Site, newsletter: str | None = None) -> list[ListedSource]:
    """The sources of one newsletter, or of all, each once, in the order of newsletter.toml."""
    slugs = [newsletter] if newsletter else list(site.settings.newsletters)
    listed: dict[tuple[str, str], tuple[SourceSettings, list[str]]] = {}
    for slug in slugs:
        for source in distinct_sources(site.newsletter(slug).sources):
            key = (source.kind, location_key(source.location))
            listed.setdefault(key, (source, []))[1].append(slug)
    locations = {source.location for source, _ in listed.values()}
    with site.database.transaction(read_only=True) as connection:
        found = load_health(connection, dict.fromkeys(slugs, locations))
    found.sort(key=lambda health: health.checked_at)
    latest = {health.location: health for health in found}
    return [
        ListedSource(
            location=source.location,
            kind=source.kind,
            name=source.name or "",
            tags=source.tags,
            newsletters=tuple(found_in),
            health=latest.get(source.location),
        )
        for source, found_in in listed.values()
    ]


def export_sources(site: Site, newsletter: str | None, *, now: datetime) -> ExportedSources:
    """The feeds of one newsletter, or of all, as OPML; addresses are without passwords."""
    sources = list_sources(site, newsletter)
    feeds = [
        OpmlFeed(url=source.location, title=source.name or source.location, tags=source.tags)
        for source in sources
        if source.kind == "feed"
    ]
    slugs = [newsletter] if newsletter else list(site.settings.newsletters)
    title = ", ".join(site.newsletter(slug).title for slug in slugs)
    return ExportedSources(
        opml=write_opml(title, feeds, now=now),
        feeds=len(feeds),
        left_out=len(sources) - len(feeds),
    )
