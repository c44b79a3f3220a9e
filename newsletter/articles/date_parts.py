"""Takes the text of a date apart, in the forms and languages that feeds use."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise

from newsletter.articles.calendars import gregorian, with_plain_years
from newsletter.articles.date_words import is_afternoon, months_of, weekdays_of
from newsletter.articles.zone_names import zone_of

MAX_LENGTH = 100
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


@dataclass(frozen=True, kw_only=True, slots=True)
class DateParts:
    """What a text says of a date.

    `numeric` means that day and month are both numbers, `half_day` that the hour is AM or PM.
    """

    year: int
    month: int
    day: int
    clock: tuple[int, int, int, int] = (0, 0, 0, 0)  # hour, minute, second, microsecond
    zone: tzinfo | None = None
    numeric: bool = False
    half_day: bool = False
    weekdays: frozenset[int] = field(default_factory=frozenset)


_RFC822 = re.compile(
    r"(?:[A-Za-z]{3,9},?\s*)?(\d{1,2})\s+([A-Za-z]{3})[a-z]{0,6}\s+(\d{4})\s+"
    r"(\d{1,2}):(\d\d)(?::(\d\d))?\s+([+-]\d{4}|GMT|UTC?|Z)\Z"
)
_ISO = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[Tt ]\s?(\d\d):?(\d\d)(?::?(\d\d))?(?:[.,](\d{1,9})\d*)?"
    r"\s?([Zz]|[+-]\d\d:?\d\d|[+-]\d\d|))?\Z"
)


def date_parts(text: str, language: str = "", home: tzinfo = UTC) -> DateParts | None:
    """What the text says of a date; None if it is not one.

    `language` and `home`, the zone of its publisher or reader, decide what is ambiguous.
    """
    text = text.strip()
    if not 4 <= len(text) <= MAX_LENGTH:
        return None
    common = _RFC822.match(text)
    if common and common[2].lower() in _MONTHS:
        day, month, year, hour, minute, second, zone = common.groups()
        return DateParts(
            year=int(year),
            month=_MONTHS.index(month.lower()) + 1,
            day=int(day),
            clock=(int(hour), int(minute), int(second or 0), 0),
            zone=zone_of(zone),
        )
    return (
        _iso(text)
        or _epoch(text)
        or _week(text)
        or _in_words(with_plain_years(_plain(text)), language, home)
    )


def _iso(text: str) -> DateParts | None:
    """RFC 3339 and ISO 8601, with or without separators."""
    found = _ISO.match(text)
    if not found or (text.isdecimal() and len(text) not in (8, 12, 14)):
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    return DateParts(
        year=int(year),
        month=int(month),
        day=int(day),
        clock=(
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int((fraction or "0").ljust(6, "0")[:6]),
        ),
        zone=zone_of(zone) if zone else None,
    )


def _epoch(text: str) -> DateParts | None:
    """Seconds or milliseconds since 1970, or W3CDTF's year, or year and month."""
    if re.fullmatch(r"\d{4}(?:-\d\d)?", text):
        return DateParts(year=int(text[:4]), month=int(text[5:] or 1), day=1)
    number = re.fullmatch(r"@?(\d{9,10})(\d{3})?(?:\.\d+)?", text)
    if not number:
        compact = re.fullmatch(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?", text)
        if not compact:
            return None
        year, month, day, hour, minute, second = (int(part or 0) for part in compact.groups())
        return DateParts(year=year, month=month, day=day, clock=(hour, minute, second, 0))
    moment = datetime.fromtimestamp(int(number[1]), UTC)
    return DateParts(
        year=moment.year,
        month=moment.month,
        day=moment.day,
        clock=(moment.hour, moment.minute, moment.second, 0),
        zone=UTC,
    )


def _week(text: str) -> DateParts | None:
    """ISO 8601's week dates (2026-W10-1) and ordinal dates (2026-061)."""
    found = re.match(r"(\d{4})-?(?:W(\d\d)(?:-?([1-7]))?|(\d{3}))(?=T|\Z)", text)
    if not found:
        return None
    try:
        if found[4]:
            day = date(int(found[1]), 1, 1) + timedelta(days=int(found[4]) - 1)
        else:
            day = date.fromisocalendar(int(found[1]), int(found[2]), int(found[3] or 1))
    except (ValueError, OverflowError):
        return None
    return _iso(f"{day:%Y-%m-%d}{text[found.end() :]}")


_TAG = re.compile(r"<[^<>]{0,200}>")
_CLOCK = re.compile(
    r"(?<![\d:.])(?P<hour>\d{1,2})\s?"
    r"(?:[:：.](?P<minute>\d{1,2})(?:[:.](?P<second>\d{1,2})(?:[.,](?P<fraction>\d{1,6})\d*)?)?"
    r"|[hH时時點点시](?:\s?(?P<min>\d\d)(?:\s?(?:[:分분m]|min)\s?(?:(?P<sec>\d\d)[秒초s]?)?)?)?)"
    r"(?:\s?Uhr)?(?![\d.:])"
)
_HOUR_ALONE = re.compile(r"(?<!\d)(?P<hour>\d{1,2})\s?(?=[ap]\.?\s?m\b)", re.IGNORECASE)
_YEAR_FIRST = re.compile(
    r"(?<!\d)(\d{4})\s?([-/.年년])\s?(\d{1,2})\s?[-/.月월]\s?(\d{1,2})[日일.]?(?!\d)"
)
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{4}|\d\d)(?!\d)")
_SPACED = re.compile(r"(?<!\d)(\d{1,2})( )(\d{1,2}) (\d{4})(?!\d)")
_ZONE = re.compile(
    r"(?<![\w:/])(?:(?:UTC|GMT|UT)\s?[+\-−–]\s?\d{1,2}(?::?\d\d)?|[+\-−–]\d{1,2}:?\d\d(?!\d)"
    r"|[A-Z][A-Za-z_]+/[A-Z][A-Za-z_/\-]+|[A-Z]{1,5}T|UTC?|MSK|MSD|ME[ZS]Z?|OES?Z|WI[BT]|WITA|HAEC|HNEC|Z)"
    r"(?![\w/])"
)
_TRAILING_OFFSET = re.compile(r"(?<=\d)([+\-−]\d\d:?\d\d|[+\-−]\d{1,2}|Z)(?=[\s(\[Z]|\Z)")
_GENERAL_ZONE = re.compile(
    r"\b(Eastern|Central|Mountain|Pacific|ET|CT|MT|PT)\b(?:\s(Standard|Daylight)?\s?Time)?"
)


def _plain(text: str) -> str:
    """`text` without markup, with the digits and spaces of ASCII."""
    text = _TAG.sub(" ", text)
    signs = (
        str(unicodedata.decimal(sign)) if sign.isdecimal() else sign
        for sign in unicodedata.normalize("NFKC", text)
        if unicodedata.category(sign) != "Cf"
    )
    return " ".join("".join(signs).split())


def _in_words(text: str, language: str, home: tzinfo) -> DateParts | None:
    """Any other date, taken apart: numeric date, time, zone, then the words and numbers left."""
    numeric, text = _numeric_date(text)
    text, zone = _without_zone(text, language, home)
    clock, text = _clock(text)
    words = re.findall(r"[^\W\d_][^\s\d,;()\[\]/|-]*", text)
    parts = numeric or _named_month(text, words, language)
    if parts is None:
        return None
    afternoon = _afternoon(words)
    weekdays = next((found for word in words if (found := weekdays_of(word))), frozenset())
    return replace(
        parts,
        clock=_by_half_of_day(clock, afternoon),
        zone=zone,
        half_day=afternoon is not None,
        weekdays=weekdays,
    )


def _numeric_date(text: str) -> tuple[DateParts | None, str]:
    """A date of three numbers, and the text without it."""
    found = _YEAR_FIRST.search(text)
    if found:
        year, month, day = gregorian(int(found[1]), int(found[3]), int(found[4]))
        parts = DateParts(year=year, month=month, day=day)
        return parts, f"{text[: found.start()]} {text[found.end() :].lstrip('T')}"
    found = _YEAR_LAST.search(text) or _SPACED.search(text)
    words = re.findall(r"[^\W\d_]{3,}", text)
    # "02.05.00" is a time where the month has a name.
    if found and (len(found[4]) == 4 or not any(map(months_of, words))):
        year, month, day = gregorian(_full_year(found[4]), int(found[3]), int(found[1]))
        parts = DateParts(
            year=year,
            month=month,
            day=day,
            # With dots the day is always first.
            numeric=found[2] != ".",
        )
        return parts, f"{text[: found.start()]} {text[found.end() :]}"
    return None, text


def _full_year(digits: str) -> int:
    """RFC 5322 section 4.3: two digits below 50 are of this century."""
    year = int(digits)
    return year if len(digits) > 2 else year + (2000 if year < 50 else 1900)


def _without_zone(text: str, language: str, home: tzinfo) -> tuple[str, tzinfo | None]:
    """The text without its zone, which an offset tells better than an abbreviation."""
    attached = _TRAILING_OFFSET.search(text) if ":" in text else None
    found = list(_ZONE.finditer(text)) + list(_GENERAL_ZONE.finditer(text))
    spans = ([attached.span()] if attached else []) + [match.span() for match in found]
    names = ([attached[0]] if attached else []) + [
        match[1] if match.re is _GENERAL_ZONE else match[0] for match in found
    ]
    zones = [
        (not any(map(str.isdigit, name)), index, zone)
        for index, name in enumerate(names)
        if (zone := zone_of(name, language=language, home=home))
    ]
    for index in sorted((index for _word, index, _zone in zones), key=lambda i: -spans[i][0]):
        start, end = spans[index]
        text = f"{text[:start]} {text[end:]}"
    return text, min(zones, key=lambda zone: zone[:2])[2] if zones else None


def _clock(text: str) -> tuple[tuple[int, int, int, int], str]:
    """The time of day, midnight if there is none, and the text without it."""
    found = _CLOCK.search(text) or _HOUR_ALONE.search(text)
    if not found:
        return (0, 0, 0, 0), text
    part = found.groupdict(default="0")
    clock = (
        int(part["hour"]),
        int(part.get("minute") or 0) or int(part.get("min") or 0),
        int(part.get("second") or 0) or int(part.get("sec") or 0),
        int(part.get("fraction", "0").ljust(6, "0")),
    )
    return clock, f"{text[: found.start()]} {text[found.end() :]}"


def _afternoon(words: list[str]) -> bool | None:
    """Whether a word, or two written apart ("p. m."), say that the hour is after noon."""
    joined = [*words, *(f"{one}{two}" for one, two in pairwise(words))]
    return next((half for word in joined if (half := is_afternoon(word)) is not None), None)


def _by_half_of_day(
    clock: tuple[int, int, int, int], afternoon: bool | None
) -> tuple[int, int, int, int]:
    hour, *rest = clock
    if afternoon and hour < 12:
        hour += 12
    elif afternoon is False and hour == 12:
        hour = 0
    return (hour, rest[0], rest[1], rest[2])


def _named_month(text: str, words: list[str], language: str) -> DateParts | None:
    """A date with the name of its month, such as "2 Mar 2026", "Mar 2, 26" and "2026 Mar 2"."""
    vietnamese = re.search(r"\btháng (\d{1,2})\b", text)
    if vietnamese:
        text, word = text.replace(vietnamese[0], " tháng ", 1), "tháng"
        months: tuple[int, ...] = (int(vietnamese[1]),)
    else:
        possible = [(word, months) for word in words if (months := months_of(word, language))]
        # Of two such words the first is the day of the week: "mar" is Tuesday and March in Spanish.
        if len(possible) > 1 and weekdays_of(possible[0][0]):
            possible = possible[1:]
        if not possible:
            return None
        word, months = possible[0]
    before, _, after = text.partition(word) if text.count(word) == 1 else text.rpartition(word)
    left = re.findall(r"\d+", before)[-2:]
    right = re.findall(r"\d+", after)[:2]
    numbers = _day_and_year(left, right)
    if numbers is None:
        return None
    day, year = numbers
    year, month, day = gregorian(year, months[0], day)
    return DateParts(year=year, month=month, day=day)


def _day_and_year(left: list[str], right: list[str]) -> tuple[int, int] | None:
    """Day and year from the numbers on both sides of the month."""
    numbers = left[-1:] + right if len(left) < 2 else left
    years = [number for number in numbers if len(number) == 4]
    if len(years) == 1:
        days = [number for number in numbers if len(number) < 3]
        return (int(days[0]) if days else 1, int(years[0]))
    if not years and len(numbers) >= 2 and all(len(number) < 3 for number in numbers[:2]):
        return int(numbers[0]), _full_year(numbers[1].zfill(2))
    return None
