"""Compares the dates of a feed's entries with one another, and doubts those that lie far off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from newsletter.articles.entries import Entry
from newsletter.articles.provenance import FieldSource, Refusal, Unfit

FAR = timedelta(days=300)
"""How far beyond now a date is a slip of the pen, and not an announcement."""


def doubts(entries: Sequence[Entry], now: datetime) -> tuple[Entry, ...]:
    """The entries; those with a date that cannot be true have none.

    A date of next year, or later, is one: what is announced is published before it happens. An old
    date is believed, because feeds keep old entries at the top.
    """
    return tuple(_undated(entry) if _is_false(entry, now) else entry for entry in entries)


def _is_false(entry: Entry, now: datetime) -> bool:
    return entry.published is not None and entry.published > now + FAR


def _undated(entry: Entry) -> Entry:
    stated = f"{entry.published:%Y-%m-%d}"
    refused = Refusal(place="the feed's date", why=Unfit.DATE, detail=stated)
    source = FieldSource(field="date", place="none", refused=(refused,))
    others = tuple(found for found in entry.found if found.field != "date")
    return replace(entry, published=None, found=(*others, source))
