"""Reads dates as pages and texts write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from email.utils import parsedate_to_datetime

_MARKER = re.compile(
    r"(?:first published|published|posted|date|created|updated|last updated|modified"
    r"|veröffentlicht|erschienen|stand|publié|mis à jour|publicado|actualizado|pubblicato"
    r"|gepubliceerd|опубликовано|发布|发表|日期|نشر)(?: (?:on|at|am|le|el|il|op))?\s*[:：]?\s*",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_AMBIGUOUS = re.compile(r"(?<!\d)\d{1,2}([/.\-])\d{1,2}\1(?:19|20)?\d\d(?!\d)")
_DAY = re.compile(r"(?<!\d)\d{1,2}(?!\d)")
_RFC5322 = re.compile(r"\d:\d\d(?::\d\d)? (?:GMT|UTC?|[+-]\d{4})\Z")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_LETTERS = re.compile(r"[^\W\d_]{2,}")


# Trying all 200 languages of dateparser takes two seconds on a line that is not a date.
_LANGUAGES = [
    *("en", "de", "fr", "es", "pt", "it", "nl", "sv", "da", "nb", "fi", "pl", "cs", "hu", "ro"),
    *("ru", "uk", "tr", "ar", "he", "fa", "hi", "zh", "ja", "ko", "id", "vi"),
]


def read_date(text: str) -> datetime | None:
    """An ISO 8601 or RFC 5322 date, in UTC, which is also the default zone; None for other text."""
    text = text.strip()
    try:
        # email's parser is lenient: it would read "4:10 PM" as ten past four in the morning.
        parse = parsedate_to_datetime if _RFC5322.search(text) else datetime.fromisoformat
        return in_utc(parse(text))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def in_utc(moment: datetime | date) -> datetime:
    """A date as a moment in UTC: a day is its first moment, no zone is UTC."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def read_date_line(line: str) -> datetime | None:
    """The date of a line that is only a date, in many languages; None for other lines.

    The date must have a year, and its day and month must be unambiguous (not 03/04/2026).
    """
    text = without_date_marker(line)
    if len(text) > 60 or not _YEAR.search(text) or not _DAY.search(text) or _ambiguous(text):
        return None
    exact = read_date(text)
    if exact or _ISO.match(text) or len(_LETTERS.findall(text)) > 6:
        return exact
    text = re.sub(r"(\d)[.h](\d\d)\s*(am|pm)?\b(?![.\d])", r"\1:\2 \3", text, flags=re.IGNORECASE)
    text = re.sub(r"\s+(?:at|um|à|a las|alle|om)\s+|\s*[|•·@]\s*|\s+-\s+", " ", text)
    import dateparser  # It is slow to load, so only a date in words loads it.

    found = dateparser.parse(
        text,
        languages=_LANGUAGES,
        settings={
            "TIMEZONE": "UTC",
            "RETURN_AS_TIMEZONE_AWARE": True,
            "STRICT_PARSING": True,
            "PARSERS": ["absolute-time"],
        },
    )
    return in_utc(found) if found else None


def without_date_marker(line: str) -> str:
    """The line without "Published on", "Updated:" and similar words at its beginning."""
    text = line.strip(" \t-–—•|")
    marker = _MARKER.match(text)
    return text[marker.end() :] if marker else text


def _ambiguous(text: str) -> bool:
    match = _AMBIGUOUS.search(text)
    if not match:
        return False
    day, month = (int(part) for part in re.findall(r"\d+", match[0])[:2])
    return day <= 12 and month <= 12 and day != month
