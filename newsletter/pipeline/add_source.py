"""add_source: find a feed, and write it into newsletter.toml as a source of a newsletter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from newsletter.articles.source_summary import SourceSummary, summarise
from newsletter.config.access import join_credentials, redacted
from newsletter.config.configuration_file import ConfigurationChange
from newsletter.config.source_editing import NewSource
from newsletter.errors import InputError, SourceError
from newsletter.pipeline.find_source import FoundSource, find_source, host_of
from newsletter.site.site import Site
from newsletter.site.source_list import add_to_list


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceRequest:
    """What is to be added: an address, for a newsletter, with tags and a name of one's own."""

    newsletter: str
    url: str
    name: str = ""
    tags: tuple[str, ...] = ()
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class AddedSource:
    """The source that was, or would be, added, what it shows, and the change of newsletter.toml.

    `suggested_tags` are tags of its articles that sections of the newsletter take.
    """

    newsletter: str
    source: NewSource
    suggested_tags: tuple[str, ...]
    found: FoundSource
    summary: SourceSummary
    change: ConfigurationChange


def add_source(
    site: Site, request: SourceRequest, environment: Mapping[str, str], *, now: datetime
) -> AddedSource:
    """Add the feed at the address, or that of the page there; its title becomes its name.

    Raises SourceError if there is no feed, InputError if the newsletter has it already, and
    ConfigurationError or NotPermittedError if newsletter.toml cannot be changed.
    """
    sections = site.newsletter(request.newsletter).sections
    found = find_source(site, request.url, as_configured=False, now=now)
    if found.problem or found.source.kind != "feed":
        reason = f": {found.problem}" if found.problem else ""
        raise SourceError(
            f"no feed was found at {redacted(request.url)}{reason}",
            field="url",
            fix="give the address of the feed itself, or write the page into newsletter.toml",
        )
    location = found.fetched.moved_to or found.source.location
    is_there = host_of(location) == host_of(found.source.location)
    source = NewSource(
        address=join_credentials(location, found.source.auth or "" if is_there else ""),
        name=request.name or found.reading.source,
        tags=request.tags,
        known_as=(found.source.location,),
    )
    listed = add_to_list(site, request.newsletter, [source], environment, dry_run=request.dry_run)
    if not listed.added:
        raise InputError(
            f"{request.newsletter} has this source already: {location}",
            field="url",
            fix="nothing to do; `newsletter sources list` shows it",
        )
    summary = summarise(found.reading.articles)
    wanted = {tag for section in sections for tag in section.tags}
    slugs = {tag.label: tag.slug for article in found.reading.articles for tag in article.tags}
    return AddedSource(
        newsletter=request.newsletter,
        source=source,
        suggested_tags=tuple(label for label, _ in summary.tags if slugs[label] in wanted),
        found=found,
        summary=summary,
        change=listed.change,
    )
