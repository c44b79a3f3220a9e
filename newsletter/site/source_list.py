"""Writes sources into newsletter.toml, those that the newsletter does not have yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from newsletter.articles.identity.addresses import location_key
from newsletter.config.configuration_file import ConfigurationChange, change_configuration
from newsletter.config.loading import FILE_NAME, PREFIX, settings_of
from newsletter.config.source_editing import NewSource, with_sources
from newsletter.errors import ConfigurationError, Problem
from newsletter.site.site import Site
from newsletter.store.sources import keys_of_same_sources


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedSources:
    """Which sources were added, which the newsletter had, and the change of newsletter.toml."""

    added: tuple[NewSource, ...]
    known: tuple[NewSource, ...]
    change: ConfigurationChange


def add_to_list(
    site: Site,
    newsletter: str,
    sources: Sequence[NewSource],
    environment: Mapping[str, str],
    *,
    dry_run: bool,
) -> ListedSources:
    """Add those of the sources that are new; this process uses them from now on.

    A source that has moved is known by each of its addresses. Raises ConfigurationError or
    NotPermittedError if newsletter.toml cannot be changed, or does not decide over the sources.
    """
    added: list[NewSource] = []

    def edit(text: str) -> str:
        had = _keys_in(text, site.folder, environment, newsletter)
        with site.database.transaction(read_only=True) as connection:
            known = set(keys_of_same_sources(connection, had))
        added.clear()
        for source in sources:
            keys = set(map(location_key, (source.location, *source.known_as)))
            if not keys & known:
                known |= keys
                added.append(source)
        if not added:
            return text
        after = with_sources(text, newsletter, added)
        wanted = {location_key(source.location) for source in added} | had
        if wanted - _keys_in(after, site.folder, environment, newsletter):
            raise _decided_elsewhere(site.folder, newsletter, environment)
        return after

    change = change_configuration(site.folder, environment, edit, dry_run=dry_run)
    if not dry_run:
        site.settings.newsletters[newsletter] = change.settings.newsletters[newsletter]
    return ListedSources(
        added=tuple(added),
        known=tuple(source for source in sources if source not in added),
        change=change,
    )


def _keys_in(
    text: str, folder: Path, environment: Mapping[str, str], newsletter: str
) -> frozenset[str]:
    """The location keys of the newsletter's sources, by this text and the environment."""
    settings = settings_of(text, folder, environment)
    return frozenset(
        location_key(source.location) for source in settings.newsletters[newsletter].sources
    )


def _decided_elsewhere(
    folder: Path, newsletter: str, environment: Mapping[str, str]
) -> ConfigurationError:
    start = f"{PREFIX}NEWSLETTERS__{newsletter.replace('-', '_')}__SOURCES".upper()
    names = [name for name in sorted(environment) if name.upper().startswith(start)]
    return ConfigurationError(
        [
            Problem(
                message="the environment sets the sources of this newsletter, so that those in the"
                f" file do not count: {', '.join(names) or start}",
                file=str(folder / FILE_NAME),
                field=f"newsletters.{newsletter}.sources",
                fix="add the source to that variable, or unset it",
            )
        ]
    )
