"""When a source is checked again, by its own statements and by how often it has changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from newsletter.config.source import SOONEST

LATEST = timedelta(hours=12)
FIRST = timedelta(hours=1)
"""The interval of a source that has not been checked yet."""
SPREAD = 0.1
"""The share of its interval by which a check is moved, so that not all sources are checked at once."""


class CheckResult(StrEnum):
    """What one check of a source showed."""

    NEW = "new"  # entries that were not there before
    SAME = "same"  # nothing new
    REPLACED = "replaced"  # only new entries, so some may have been missed
    EMPTIED = "emptied"  # no entries, though it had some before
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How often a source is checked, how many checks have failed in a row, and when the next is."""

    interval: timedelta = FIRST
    failures: int = 0
    next_check: datetime | None = None


def next_pace(
    before: Pace,
    result: CheckResult,
    *,
    now: datetime,
    location: str,
    fresh_for: timedelta = timedelta(0),
    every: timedelta | None = None,
    not_before: datetime | None = None,
) -> Pace:
    """The pace after a check at `now`.

    New entries halve the interval, none lengthen it by half, and only new entries quarter it,
    always between SOONEST and LATEST. `fresh_for` is how long the source says that it stays
    the same (cache headers, `ttl`, `sy:updatePeriod`). `every` is the interval from
    newsletter.toml, which overrides both. After each failure the wait doubles. No source is
    checked before `not_before`, the time that its server asked for.
    """
    failures = before.failures + 1 if result is CheckResult.FAILED else 0
    interval = every or _adapted(before.interval, result)
    wait = interval
    if every is None:
        wait = max(interval, min(fresh_for, LATEST))
    if failures:
        wait = min(LATEST, max(SOONEST, min(wait, FIRST)) * 2 ** min(failures - 1, 6))
    moment = now + wait * (1 + SPREAD * _spread(location))
    if not_before is not None:
        moment = max(moment, not_before)
    return Pace(interval=interval, failures=failures, next_check=moment)


def often_enough(interval: timedelta) -> timedelta:
    """How often to check a source of which all was new after `interval`, in whole quarters of an hour."""
    return max(SOONEST, interval / 4 // SOONEST * SOONEST)


def _adapted(interval: timedelta, result: CheckResult) -> timedelta:
    factors = {
        CheckResult.NEW: 0.5,
        CheckResult.SAME: 1.5,
        CheckResult.REPLACED: 0.25,
        CheckResult.EMPTIED: 1.0,
        CheckResult.FAILED: 1.0,
    }
    return max(SOONEST, min(LATEST, interval * factors[result]))


def _spread(location: str) -> float:
    """A number from -1 to 1 that is always the same for the location."""
    return hashlib.sha256(location.encode("utf-8", "replace")).digest()[0] / 127.5 - 1
