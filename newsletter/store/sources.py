"""The known sources of the site; each keeps its number when its address changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from newsletter.articles.identity.addresses import location_key
from newsletter.articles.identity.sources import Configured, resolve
from newsletter.store.tables import source_addresses, source_names, sources
from subscribers.sql import insert_once


def settle_sources(
    connection: sa.Connection, newsletter: str, configured: Sequence[Configured], now: datetime
) -> list[int]:
    """The numbers of the newsletter's configured sources, in their order; new sources get one.

    Two sources at one location have one number.
    """
    numbers: list[int] = []
    stored = _stored(connection, newsletter, configured)
    for source, known in zip(configured, stored.resolve(configured), strict=True):
        if known is not None and stored.has(source, known):
            numbers.append(known)
            continue
        # An earlier source of this list may have the same location.
        number = known or _at(connection, location_key(source.location))
        if number is None:
            number = connection.execute(
                sa.insert(sources)
                .values(location=source.location, first_seen=now)
                .returning(sources.c.id)
            ).scalar_one()
        _save(connection, newsletter, number, source)
        numbers.append(number)
    return numbers


def find_sources(
    connection: sa.Connection, newsletter: str, configured: Sequence[Configured]
) -> frozenset[int]:
    """The numbers of the configured sources that have one."""
    found = numbers_of(connection, newsletter, configured)
    return frozenset(number for number in found if number is not None)


def numbers_of(
    connection: sa.Connection, newsletter: str, configured: Sequence[Configured]
) -> list[int | None]:
    """The number of each configured source, in their order; None for one that was never read."""
    return _stored(connection, newsletter, configured).resolve(configured)


def keys_of_same_sources(connection: sa.Connection, keys: Collection[str]) -> frozenset[str]:
    """These location keys, and those of every other location of the same sources."""
    numbers = sa.select(source_addresses.c.source_id).where(source_addresses.c.key.in_(keys))
    found = connection.execute(
        sa.select(source_addresses.c.key).where(source_addresses.c.source_id.in_(numbers))
    )
    return frozenset((*keys, *found.scalars()))


def add_address(connection: sa.Connection, number: int, location: str) -> None:
    """Add a location to the source, unless it is that of another source."""
    insert_once(connection, source_addresses, {"key": location_key(location), "source_id": number})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stored:
    """What is stored of configured sources: their numbers by address key and by name, and locations."""

    addresses: Mapping[str, int]
    names: Mapping[str, int]
    locations: Mapping[int, str]

    def resolve(self, configured: Sequence[Configured]) -> list[int | None]:
        """The number of each source; None for a new one."""
        return resolve(configured, self.addresses, self.names)

    def has(self, source: Configured, number: int) -> bool:
        """Whether the source is stored under this number just as it is configured."""
        return (
            self.locations.get(number) == source.location
            and location_key(source.location) in self.addresses
            and (not source.name or source.name in self.names)
        )


def _stored(
    connection: sa.Connection, newsletter: str, configured: Sequence[Configured]
) -> _Stored:
    keys = {location_key(source.location) for source in configured}
    addresses = connection.execute(
        sa.select(source_addresses).where(source_addresses.c.key.in_(keys))
    )
    names = connection.execute(
        sa.select(source_names).where(source_names.c.newsletter == newsletter)
    )
    numbers = {row.key: row.source_id for row in addresses}
    named = {row.name: row.source_id for row in names}
    known = {*numbers.values(), *named.values()}
    locations = connection.execute(
        sa.select(sources.c.id, sources.c.location).where(sources.c.id.in_(known))
    )
    return _Stored(
        addresses=numbers,
        names=named,
        locations={row.id: row.location for row in locations},
    )


def _at(connection: sa.Connection, key: str) -> int | None:
    number: int | None = connection.execute(
        sa.select(source_addresses.c.source_id).where(source_addresses.c.key == key)
    ).scalar_one_or_none()
    return number


def _save(connection: sa.Connection, newsletter: str, number: int, source: Configured) -> None:
    connection.execute(
        sa.update(sources)
        .where(sources.c.id == number, sources.c.location != source.location)
        .values(location=source.location)
    )
    add_address(connection, number, source.location)
    if source.name:
        insert_once(
            connection,
            source_names,
            {"newsletter": newsletter, "name": source.name, "source_id": number},
        )
