"""Finds the known source of each configured one, even if its location has changed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.articles.identity.addresses import location_key


@dataclass(frozen=True, kw_only=True, slots=True)
class Configured:
    """A source as newsletter.toml configures it; `name` is "" if it has none."""

    location: str
    name: str = ""


def resolve(
    configured: Sequence[Configured], addresses: Mapping[str, int], names: Mapping[str, int]
) -> list[int | None]:
    """The known source that each configured one is; None for a new one.

    `addresses` has every location from which a source was ever read, `names` the names of sources.
    The location decides. For a new location the name decides, unless another configured source
    has that name or is that known source: several feeds of one publisher may have one name.
    """
    found = [addresses.get(location_key(source.location)) for source in configured]
    claimed = set(found)
    shared = Counter(source.name for source in configured)
    for index, source in enumerate(configured):
        named = names.get(source.name) if source.name and shared[source.name] == 1 else None
        if found[index] is None and named is not None and named not in claimed:
            found[index] = named
            claimed.add(named)
    return found
