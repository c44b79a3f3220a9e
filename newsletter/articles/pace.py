"""How soon a source is looked at again: by what it says, and by how often it was seen to change."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from newsletter.config.publication import SOONEST

LATEST = timedelta(hours=12)
FIRST = timedelta(hours=1)
"""The pace of a source that nothing is known of."""
SPREAD = 0.1
"""Of its interval: so much later or sooner a source is asked, that not all are asked at once."""


class Look(StrEnum):
    """What one look at a source showed."""

    NEW = "new"  # entries that were not there before
    SAME = "same"  # nothing new
    TURNED_OVER = "turned over"  # nothing that was there before: some may have been missed
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How often a source is looked at, how many looks have failed in a row, and when the next is."""

    interval: timedelta = FIRST
    failures: int = 0
    next_look: datetime | None = None


def next_pace(
    before: Pace,
    look: Look,
    *,
    now: datetime,
    location: str,
    fresh_for: timedelta = timedelta(0),
    every: timedelta | None = None,
    not_before: datetime | None = None,
) -> Pace:
    """The pace after a look at `now`.

    A source that changes is asked twice as often, one that does not half again as seldom, one
    that turned over at once four times as often, between SOONEST and LATEST. `fresh_for` is how
    long the source itself says that it stays the same (cache headers, `ttl`, `sy:updatePeriod`);
    `every` is what newsletter.toml wants, and goes before both. After a failure the wait doubles.
    No source is asked before `not_before`, for which its server asked.
    """
    failures = before.failures + 1 if look is Look.FAILED else 0
    interval = every or _adapted(before.interval, look)
    wait = interval
    if every is None:
        wait = max(interval, min(fresh_for, LATEST))
    if failures:
        wait = min(LATEST, max(SOONEST, min(wait, FIRST)) * 2 ** min(failures - 1, 6))
    moment = now + wait * (1 + SPREAD * _lot(location))
    if not_before is not None:
        moment = max(moment, not_before)
    return Pace(interval=interval, failures=failures, next_look=moment)


def _adapted(interval: timedelta, look: Look) -> timedelta:
    factors = {Look.NEW: 0.5, Look.SAME: 1.5, Look.TURNED_OVER: 0.25, Look.FAILED: 1.0}
    return max(SOONEST, min(LATEST, interval * factors[look]))


def _lot(location: str) -> float:
    """A number from -1 to 1 that is the location's own."""
    return hashlib.sha256(location.encode("utf-8", "replace")).digest()[0] / 127.5 - 1
