"""Compares the dates of a feed's entries with one another, and doubts those that cannot be true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from newsletter.articles.entries import Entry
from newsletter.articles.provenance import FieldSource, Refusal, Unfit

A_DAY = timedelta(hours=26)
"""How far ahead a date may be because of a wrong time zone."""
FAR = timedelta(days=400)
"""How far ahead a date is a slip of the pen, whatever the feed's other dates are."""


def doubts(
    entries: Sequence[Entry], now: datetime, modified: datetime | None = None
) -> tuple[Entry, ...]:
    """The entries; one whose date cannot be true has that of the entry below it, or none.

    What is in a feed was published before now, and before the feed was `modified`. A later date is
    a slip if few entries have one, as a calendar of events has many. An old date is believed,
    because feeds keep old entries at the top.
    """
    limit = min(now, modified or now) + A_DAY
    dated = [entry.published for entry in entries if entry.published]
    later = sum(date > limit for date in dated)
    is_calendar = later * 3 > len(dated)
    believed = [date for date in dated if date <= limit]
    newest_first = len(believed) < 2 or believed[0] >= believed[-1]
    checked = []
    for index, entry in enumerate(entries):
        date = entry.published
        if date is None or date <= limit or (is_calendar and date <= now + FAR):
            checked.append(entry)
            continue
        below = entries[index + 1 :] if newest_first else entries[:index][::-1]
        other = next((e.published for e in below if e.published and e.published <= limit), None)
        checked.append(_redated(entry, other))
    return tuple(checked)


def _redated(entry: Entry, date: datetime | None) -> Entry:
    refused = Refusal(place="its own", why=Unfit.DATE, detail=f"{entry.published:%Y-%m-%d}")
    place = "the entry published before it" if date else "none"
    others = tuple(found for found in entry.found if found.field != "date")
    source = FieldSource(field="date", place=place, refused=(refused,))
    return replace(entry, published=date, found=(*others, source))
