"""Which source a configured one is: its place may change, its memory stays. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.articles.identity.addresses import location_key


@dataclass(frozen=True, kw_only=True, slots=True)
class Configured:
    """A source as newsletter.toml names it; `name` is "" where it gives none."""

    location: str
    name: str = ""


def resolve(
    configured: Sequence[Configured], addresses: Mapping[str, int], names: Mapping[str, int]
) -> list[int | None]:
    """The known source that each configured one is; None for a new one.

    `addresses` holds every place a source was ever read from, `names` what it was called. The
    place decides; a name does where the place is new and nobody else has the name or the source:
    several feeds of one publisher may be shown to readers under one name.
    """
    found = [addresses.get(location_key(source.location)) for source in configured]
    claimed = set(found)
    shared = Counter(source.name for source in configured)
    for place, source in enumerate(configured):
        named = names.get(source.name) if source.name and shared[source.name] == 1 else None
        if found[place] is None and named is not None and named not in claimed:
            found[place] = named
            claimed.add(named)
    return found
