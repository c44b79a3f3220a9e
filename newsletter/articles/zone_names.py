"""The offsets that abbreviations of time zones mean; ambiguous ones by language or region."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_OFFSETS = {
    # Universal time
    **dict.fromkeys(("utc", "ut", "gmt", "z", "zulu", "wet", "cut"), 0),
    # Europe and Africa, in minutes east of Greenwich
    **dict.fromkeys(("cet", "met", "mez", "hnec", "wat", "west", "bst"), 60),
    **dict.fromkeys(("cest", "cedt", "mest", "mesz", "haec", "eet", "oez", "sast", "cat"), 120),
    **dict.fromkeys(("eest", "eedt", "oesz", "msk", "trt", "eat", "idt", "fet"), 180),
    **dict.fromkeys(("msd", "samt", "gst", "get", "azt", "mut"), 240),
    # Asia
    "irst": 210,
    "irdt": 270,
    "aft": 270,
    **dict.fromkeys(("pkt", "yekt", "uzt", "almt", "mvt"), 300),
    **dict.fromkeys(("ist", "slst"), 330),
    "npt": 345,
    **dict.fromkeys(("bdt", "omst", "btt", "kgt"), 360),
    "mmt": 390,
    **dict.fromkeys(("ict", "wib", "krat", "novt", "hovt"), 420),
    **dict.fromkeys(("hkt", "sgt", "myt", "pht", "wita", "irkt", "ulat", "awst"), 480),
    **dict.fromkeys(("jst", "kst", "wit", "yakt", "tlt"), 540),
    # Australia and the Pacific
    **dict.fromkeys(("acst",), 570),
    "acdt": 630,
    **dict.fromkeys(("aest", "vlat", "chst", "pgt"), 600),
    **dict.fromkeys(("aedt", "magt", "sbt", "nct"), 660),
    **dict.fromkeys(("nzst", "fjt", "pett"), 720),
    "nzdt": 780,
    "sst": -660,
    **dict.fromkeys(("hst", "hast", "tht"), -600),
    # The Americas
    "hadt": -540,
    "akst": -540,
    "akdt": -480,
    "pst": -480,
    "pdt": -420,
    "mst": -420,
    "mdt": -360,
    "cst": -360,
    "cdt": -300,
    "est": -300,
    "edt": -240,
    **dict.fromkeys(
        (
            "cot",
            "pet",
            "ect",
        ),
        -300,
    ),
    **dict.fromkeys(("ast", "vet", "bot", "gyt", "clt", "amt"), -240),
    **dict.fromkeys(("adt", "brt", "art", "uyt", "clst", "gft", "srt", "pyt"), -180),
    "nst": -210,
    "ndt": -150,
    **dict.fromkeys(("brst", "fnt"), -120),
    **dict.fromkeys(("azot",), -60),
}
_BY_REGION: dict[str, tuple[tuple[str, int], ...]] = {
    # An abbreviation, and whom it means what: a language, or the beginning of a zone's name.
    "ist": (("he", 120), ("Asia/Jerusalem", 120), ("ga", 60), ("Europe/Dublin", 60)),
    "cst": (
        *(("zh", 480), ("Asia/Shanghai", 480), ("Asia/Taipei", 480), ("Asia/Macau", 480)),
        *(("America/Havana", -300), ("Australia/", 570)),
    ),
    "cdt": (("America/Havana", -240), ("Australia/", 630)),
    "est": (("Australia/", 600),),
    "edt": (("Australia/", 660),),
    "wst": (("Australia/", 480),),
    "bst": (("bn", 360), ("Asia/Dhaka", 360)),
    "ast": (("ar", 180), ("Asia/", 180)),
    "adt": (("ar", 240), ("Asia/", 240)),
    "pst": (("fil", 480), ("tl", 480), ("Asia/Manila", 480)),
    "mst": (("ms", 480), ("Asia/Kuala_Lumpur", 480), ("my", 390), ("Asia/Yangon", 390)),
    "sst": (("Asia/Singapore", 480),),
    "amt": (("hy", 240), ("Asia/Yerevan", 240)),
    "gst": (("Atlantic/South_Georgia", -120),),
}
_GENERAL = {  # "Eastern Time", whether summer or not
    **dict.fromkeys(("et", "eastern"), "America/New_York"),
    **dict.fromkeys(("ct", "central"), "America/Chicago"),
    **dict.fromkeys(("mt", "mountain"), "America/Denver"),
    **dict.fromkeys(("pt", "pacific"), "America/Los_Angeles"),
}
_NUMERIC = re.compile(r"(?:utc|gmt|ut|z)?\s?([+\-−–])\s?(\d{1,2}):?(\d{2})?\Z")


def zone_of(name: str, *, language: str = "", home: tzinfo = UTC) -> tzinfo | None:
    """The zone that `name` means: "+0200", "GMT+2", "AEDT", "Europe/Berlin"; None if unknown.

    `language` is the language of the text, `home` the zone of its publisher or reader. They decide
    what an ambiguous abbreviation means: CST is in Chicago, Shanghai, Havana and Adelaide.
    """
    folded = name.strip().lower()
    numeric = _NUMERIC.match(folded)
    if numeric:
        sign, hours, minutes = numeric.groups()
        return _offset((1 if sign == "+" else -1) * (int(hours) * 60 + int(minutes or 0)))
    region = getattr(home, "key", "")
    for where, minutes_east in _BY_REGION.get(folded, ()):
        if region.startswith(where) if "/" in where else language.split("-")[0] == where:
            return _offset(minutes_east)
    if folded in _OFFSETS:
        return _offset(_OFFSETS[folded])
    return _named(_GENERAL.get(folded, name.strip()))


def _offset(minutes: int) -> tzinfo | None:
    """The zone so many minutes east of Greenwich; None if there is no such zone."""
    return timezone(timedelta(minutes=minutes)) if -720 <= minutes <= 840 else None


def _named(name: str) -> tzinfo | None:
    """A zone of the IANA database."""
    if not re.fullmatch(r"[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_\-]+){1,2}", name):
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
