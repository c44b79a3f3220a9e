"""The time zones that readers choose from, with the names of their places in the site's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from subscribers.time_zones import OLD_NAMES, UTC, offered_zones

_OLD_NAME = {name: old for old, name in OLD_NAMES.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedZone:
    """A time zone: its name, the place's name, and the name that a browser may still have for it."""

    zone: str
    place: str
    old: str


def zones_by_region(language: str, chosen: str = "") -> Mapping[str, Sequence[NamedZone]]:
    """The zones of each region of the IANA database, by place; `chosen` is among them."""
    regions = dict(_offered(language))
    if chosen and chosen not in offered_zones():
        region = chosen.split("/")[0]
        regions[region] = (*regions.get(region, ()), _named(chosen, language))
    return regions


def place_of(zone: str, language: str) -> str:
    """What people call the zone: the name of its place, such as "New York"; "" for ""."""
    from babel import Locale  # slow to load, and only newsletters with such an hour need it

    if zone == UTC or not zone:
        return zone
    known = Locale.parse(language, sep="-").time_zones
    place: str | None = known.get(_OLD_NAME.get(zone, zone), {}).get("city")
    return place or zone.rpartition("/")[2].replace("_", " ")


@lru_cache(maxsize=8)
def _offered(language: str) -> Mapping[str, Sequence[NamedZone]]:
    regions: dict[str, list[NamedZone]] = {}
    for zone in offered_zones():
        regions.setdefault(zone.split("/")[0], []).append(_named(zone, language))
    return {
        region: tuple(sorted(zones, key=lambda one: one.place.casefold()))
        for region, zones in regions.items()
    }


def _named(zone: str, language: str) -> NamedZone:
    return NamedZone(zone=zone, place=place_of(zone, language), old=_OLD_NAME.get(zone, ""))
