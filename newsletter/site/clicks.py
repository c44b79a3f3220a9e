"""Counted links: where each one leads and how often readers follow it, never who follows it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock

import sqlalchemy as sa

from newsletter.errors import TemporaryError, UnavailableError
from newsletter.issues.issue import Issue
from newsletter.site.site import Site
from newsletter.store.clicks import (
    LinkClicks,
    add_clicks,
    clicks_by_day,
    clicks_by_link,
    where_to,
)
from newsletter.store.issues import issue_id

log = logging.getLogger("newsletter")


@dataclass(frozen=True, kw_only=True, slots=True)
class Clicks:
    """How often readers followed an issue's links, by link (most followed first) and by local day."""

    links: Sequence[LinkClicks]
    days: Mapping[date, int]

    @property
    def total(self) -> int:
        """Clicks on all links together."""
        return sum(link.count for link in self.links)


def clicks_of(connection: sa.Connection, issue: Issue) -> Clicks | None:
    """The clicks on the issue's links; None for an issue whose links are not counted."""
    number = issue_id(connection, issue)
    links = clicks_by_link(connection, number)
    return Clicks(links=links, days=clicks_by_day(connection, number)) if links else None


def destination(site: Site, token: str) -> str | None:
    """Where the counted link leads; None if no issue has a link with this token."""
    with site.database.transaction(read_only=True) as connection:
        return where_to(connection, token)


class ClickCounter:
    """Counts clicks without making a reader wait for the database.

    Clicks that cannot be written immediately stay in memory until the next click. They are lost
    if the process ends first: losing a count is better than keeping a reader waiting.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._counts: Counter[tuple[str, date]] = Counter()
        self._counts_lock = Lock()
        self._write_lock = Lock()

    def count(self, token: str, now: datetime) -> None:
        """Count one click, then write every click counted so far."""
        with self._counts_lock:
            self._counts[token, now.astimezone(self._site.settings.site.zone).date()] += 1
        self.write()

    def write(self) -> None:
        """Write the counted clicks; returns immediately if another thread is writing them."""
        while self._counts and self._write_lock.acquire(blocking=False):
            try:
                if not self._write():
                    return
            finally:
                self._write_lock.release()

    def _write(self) -> bool:
        with self._counts_lock:
            pending, self._counts = self._counts, Counter()
        try:
            with self._site.database.transaction() as connection:
                add_clicks(connection, pending)
        except (TemporaryError, UnavailableError) as error:
            with self._counts_lock:
                self._counts.update(pending)
            log.warning("clicks cannot be written yet: %s", error)
            return False
        return True
