"""The time zones that readers may be in: those of the IANA database that are named after a place."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from zoneinfo import available_timezones

from subscribers.errors import TimeZoneError

REGIONS = (
    *("Africa", "America", "Antarctica", "Arctic", "Asia"),
    *("Atlantic", "Australia", "Europe", "Indian", "Pacific"),
)
UTC = "UTC"

OLD_NAMES = {
    # Browsers and operating systems still report these, and CLDR keeps its translations under them.
    "Africa/Asmera": "Africa/Asmara",
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Catamarca": "America/Argentina/Catamarca",
    "America/Coral_Harbour": "America/Atikokan",
    "America/Cordoba": "America/Argentina/Cordoba",
    "America/Godthab": "America/Nuuk",
    "America/Indianapolis": "America/Indiana/Indianapolis",
    "America/Jujuy": "America/Argentina/Jujuy",
    "America/Louisville": "America/Kentucky/Louisville",
    "America/Mendoza": "America/Argentina/Mendoza",
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Rangoon": "Asia/Yangon",
    "Asia/Saigon": "Asia/Ho_Chi_Minh",
    "Atlantic/Faeroe": "Atlantic/Faroe",
    "Europe/Kiev": "Europe/Kyiv",
    "Pacific/Enderbury": "Pacific/Kanton",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
}
"""The present names of zones that were renamed."""


def time_zone_named(text: str, *, suggests: bool = True) -> str:
    """The zone's present name; "" for an empty text. Raises TimeZoneError for anything else.

    The error suggests a name that is nearly the same, which takes some milliseconds to find.
    """
    name = text.strip()
    name = OLD_NAMES.get(name, name)
    if not name or name in known_zones():
        return name
    near = get_close_matches(name[:60], known_zones(), n=1) if suggests else []
    raise TimeZoneError(
        f"{name[:60]!r} is not a time zone",
        field="time_zone",
        fix=f"write {near[0] if near else 'a name such as Europe/London'}, or nothing",
    )


@cache
def known_zones() -> frozenset[str]:
    """Every name that is taken."""
    return frozenset(
        name for name in available_timezones() if name == UTC or name.split("/")[0] in REGIONS
    )


@cache
def offered_zones() -> tuple[str, ...]:
    """The names to choose from, sorted: at least one for each country, each zone once."""
    table = files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line and line[0] != "#"]
    return tuple(sorted({row[2] for row in rows} & known_zones()))
