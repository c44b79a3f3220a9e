"""list_sources: the sources of the site, how they are doing, and the same as an OPML file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from newsletter.articles.identity.addresses import location_key
from newsletter.articles.opml import OpmlFeed, write_opml
from newsletter.config.settings import SourceSettings
from newsletter.pipeline.gather import distinct_sources
from newsletter.site.site import Site
from newsletter.store.source_contents import SourceState, load_states


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedSource:
    """A source, the newsletters that have it, and its latest state; None if it was never read."""

    location: str
    kind: str
    name: str
    tags: tuple[str, ...]
    newsletters: tuple[str, ...]
    state: SourceState | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportedSources:
    """An OPML document, how many feeds it has, and how many sources are not feeds."""

    opml: str
    feeds: int
    left_out: int


def list_sources(site: Site, newsletter: str | None = None) -> list[ListedSource]:
    """The sources of one newsletter, or of all, each once, in the order of newsletter.toml."""
    slugs = [newsletter] if newsletter else list(site.settings.newsletters)
    with site.database.transaction(read_only=True) as connection:
        states = load_states(connection)
    listed: dict[tuple[str, str], tuple[SourceSettings, list[str]]] = {}
    for slug in slugs:
        for source in distinct_sources(site.newsletter(slug).sources):
            key = (source.kind, location_key(source.location))
            listed.setdefault(key, (source, []))[1].append(slug)
    return [
        ListedSource(
            location=source.location,
            kind=source.kind,
            name=source.name or "",
            tags=source.tags,
            newsletters=tuple(found_in),
            state=_latest(states, source.location, found_in),
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


def _latest(states: list[SourceState], location: str, newsletters: list[str]) -> SourceState | None:
    here = [s for s in states if s.location == location and s.newsletter in newsletters]
    return max(here, key=lambda state: state.checked_at, default=None)
