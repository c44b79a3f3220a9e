"""What the headers of a response say: when to ask again, and how long it stays the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpcore2

LONGEST_WAIT = timedelta(days=1)
"""The longest Retry-After that is obeyed: a mistaken one must not lose a source."""


def headers_of(response: httpcore2.Response) -> dict[str, str]:
    """The headers by name in lower case; servers write their values in UTF-8 or Latin-1."""
    return dict(header_lines(response))


def header_lines(response: httpcore2.Response) -> tuple[tuple[str, str], ...]:
    """All header lines in their order, by name in lower case; a name may be there repeatedly."""
    return tuple((name.decode("latin-1").lower(), _text(value)) for name, value in response.headers)


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def retry_after(value: str, now: datetime) -> datetime | None:
    """The moment that Retry-After (RFC 9110 section 10.2.3) gives, in seconds or as a date."""
    if value.strip().isascii() and value.strip().isdigit():
        # Twelve digits of seconds would overflow a date; the cap below is a day anyway.
        moment = now + timedelta(seconds=min(int(value[:12]), LONGEST_WAIT.total_seconds()))
    else:
        date = http_date(value)
        if date is None:
            return None
        moment = min(date, now + LONGEST_WAIT)
    return moment if moment > now else None


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta:
    """How long the answer stays fresh by Cache-Control or Expires; zero without either."""
    control = headers.get("cache-control", "").lower()
    if "no-cache" in control or "no-store" in control:
        return timedelta(0)
    if age := re.search(r"\bmax-age=\"?(\d{1,9})", control):
        return timedelta(seconds=int(age[1]))
    expires = http_date(headers.get("expires", ""))
    return (
        max(timedelta(0), expires - (http_date(headers.get("date", "")) or now))
        if expires
        else timedelta(0)
    )


def http_date(value: str) -> datetime | None:
    """A date of RFC 9110 section 5.6.7; without a zone it is read as UTC."""
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
