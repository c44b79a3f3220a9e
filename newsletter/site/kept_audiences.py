"""How many readers get which items of an issue, kept in memory for lists too long to count for a page.

Counting a million readers takes seconds. The pages of such a list show what was counted last, while a
thread counts anew; a short list is counted each time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.issues.issue import Issue
from newsletter.issues.selection import Selection
from newsletter.site.recipients import recipients_of, selection_of
from newsletter.site.site import Site
from subscribers.audience import ReaderGroup, count_groups
from subscribers.kept_counts import subscriptions_by_status
from subscribers.subscriber import Status

log = logging.getLogger("newsletter")

LONG = 20_000
"""Active subscriptions of a list above which its readers are counted in the background."""

AGAIN_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedAudience:
    """The number of readers by group, as it was `at` that time."""

    groups: Mapping[ReaderGroup, int]
    at: datetime


class KeptAudiences:
    """The audiences that this process has counted, by newsletter and selection."""

    def __init__(self) -> None:
        self._counted: dict[tuple[str, Selection], CountedAudience] = {}
        self._counting: dict[tuple[str, Selection], threading.Thread] = {}
        self._lock = threading.Lock()

    def of(self, site: Site, issue: Issue, *, now: datetime) -> CountedAudience | None:
        """The issue's audience; None while that of a long list is counted for the first time."""
        if _subscriptions(site, issue) <= LONG:
            return _count(site, issue, now)
        key = (issue.newsletter, selection_of(site, issue))
        with self._lock:
            counted = self._counted.get(key)
            is_fresh = counted is not None and now - counted.at < AGAIN_AFTER
            if not is_fresh and key not in self._counting:
                thread = threading.Thread(
                    target=self._count, args=(key, site, issue, now), daemon=True
                )
                self._counting[key] = thread
                thread.start()
        return counted

    def wait(self) -> None:
        """Wait until nothing is being counted."""
        for thread in list(self._counting.values()):
            thread.join()

    def _count(self, key: tuple[str, Selection], site: Site, issue: Issue, now: datetime) -> None:
        try:
            counted = _count(site, issue, now)
            with self._lock:
                self._counted[key] = counted
        except Exception:
            log.exception("the readers of %s could not be counted", issue.name)
        finally:
            with self._lock:
                del self._counting[key]


def _count(site: Site, issue: Issue, now: datetime) -> CountedAudience:
    with site.database.transaction(read_only=True) as connection:
        groups = count_groups(connection, recipients_of(site, issue)(now))
    return CountedAudience(groups=groups, at=now)


def _subscriptions(site: Site, issue: Issue) -> int:
    """The active subscriptions of the issue's list, which are counted as they change."""
    with site.database.transaction(read_only=True) as connection:
        counts = subscriptions_by_status(connection)
    return counts.get((site.newsletter(issue.newsletter).list, Status.ACTIVE), 0)
