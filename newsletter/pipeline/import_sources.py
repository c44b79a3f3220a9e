"""import_sources: write the feeds of an OPML file into newsletter.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from newsletter.articles.feed_discovery import web_address_of
from newsletter.articles.identity.addresses import location_key
from newsletter.articles.opml import OpmlFeed, parse_opml
from newsletter.articles.urls import is_web_address
from newsletter.config.access import redacted_mistake
from newsletter.config.configuration_file import ConfigurationChange
from newsletter.config.source_editing import NewSource
from newsletter.errors import InputError
from newsletter.sandbox import HANDED_IN, Limits
from newsletter.site.site import Site
from newsletter.site.source_list import add_to_list

LIMITS = Limits(seconds=20)

MOST_FEEDS = 5_000
"""Feeds of one file. Somebody is waiting, and each becomes an entry of newsletter.toml."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InvalidFeed:
    """An entry of the file that cannot be a source, and why."""

    title: str
    address: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedSources:
    """What became of a file's feeds; `duplicates` counts those that the newsletter or file had."""

    newsletter: str
    added: tuple[NewSource, ...]
    duplicates: int
    invalid: tuple[InvalidFeed, ...]
    change: ConfigurationChange


def import_sources(
    site: Site, newsletter: str, body: bytes, environment: Mapping[str, str], *, dry_run: bool
) -> ImportedSources:
    """Add the feeds of an OPML file that the newsletter does not have; they are not fetched.

    The names of folders become tags. Raises InputError if the file is not OPML, and
    ConfigurationError or NotPermittedError if newsletter.toml cannot be changed.
    """
    site.newsletter(newsletter)
    document = HANDED_IN.run(parse_opml, body, limits=LIMITS)
    if document.problem:
        raise InputError(
            document.problem, fix="export the feeds of your feed reader as OPML, and import that"
        )
    if len(document.feeds) > MOST_FEEDS:
        raise InputError(
            f"it lists {len(document.feeds):,} feeds, and one file may add {MOST_FEEDS:,}",
            fix="import the folders that you want, each as a file of its own",
        )
    sources: dict[str, NewSource] = {}
    invalid = []
    for feed in document.feeds:
        if reason := _mistake(feed):
            invalid.append(
                InvalidFeed(title=feed.title, address=redacted_mistake(feed.url), reason=reason)
            )
            continue
        source = _source(feed)
        key = location_key(source.location)
        first = sources.setdefault(key, source)
        tags = tuple(dict.fromkeys((*first.tags, *source.tags)))
        sources[key] = replace(first, tags=tags)
    listed = add_to_list(site, newsletter, list(sources.values()), environment, dry_run=dry_run)
    return ImportedSources(
        newsletter=newsletter,
        added=listed.added,
        duplicates=len(document.feeds) - len(invalid) - len(listed.added),
        invalid=tuple(invalid),
        change=listed.change,
    )


def _mistake(feed: OpmlFeed) -> str:
    """Why the entry cannot be a source; "" if it can."""
    if not feed.url:
        return "it has no address"
    return "" if is_web_address(web_address_of(feed.url)) else "it is not a web address"


def _source(feed: OpmlFeed) -> NewSource:
    return NewSource(address=web_address_of(feed.url), name=feed.title, tags=feed.tags)
