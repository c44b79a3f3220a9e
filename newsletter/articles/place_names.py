"""Names of countries and large cities in the language of an article, from the Unicode CLDR."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

_NAME = re.compile(r"[^\W\d_a-z][^\W\d_]*+(?:[ \-][^\W\d_]++)*|[\u3040-\ud7ff]{2,}")
_SHORTEST = 4
"""Letters; shorter names would be found within other words."""


@cache
def place_names(language: str) -> frozenset[str]:
    """The names, as they are written; none for a language that the CLDR does not know."""
    from babel import Locale, UnknownLocaleError  # It is slow to load, and few dumps need it.

    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return frozenset()
    countries = (name for code, name in locale.territories.items() if code.isalpha())
    return frozenset(
        name
        for name in (*countries, *_cities(locale.time_zones))
        if _NAME.fullmatch(name) and (len(name) >= _SHORTEST or name > "\u3040")
    )


def _cities(zones: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The cities that zones of time are named after, in English and in the language."""
    from babel.core import get_global

    for zone in get_global("zone_territories"):
        yield zone.rpartition("/")[2].replace("_", " ")
        yield zones.get(zone, {}).get("city", "")
