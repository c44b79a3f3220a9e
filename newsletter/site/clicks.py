"""clicks: where a counted link leads, and how often it is followed; never who follows it."""

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
    """How often an issue's links were followed: by link, most followed first, and by local day."""

    links: Sequence[LinkClicks]
    days: Mapping[date, int]

    @property
    def total(self) -> int:
        """On all links together."""
        return sum(link.count for link in self.links)


def clicks_of(connection: sa.Connection, issue: Issue) -> Clicks | None:
    """The clicks on the issue's links; None for an issue whose links are not counted."""
    number = issue_id(connection, issue)
    links = clicks_by_link(connection, number)
    return Clicks(links=links, days=clicks_by_day(connection, number)) if links else None


def destination(site: Site, token: str) -> str | None:
    """Where the counted link leads; None for one that no mail has."""
    with site.database.transaction(read_only=True) as connection:
        return where_to(connection, token)


class ClickBook:
    """Counts clicks without a reader waiting for the database.

    What it does not take at once stays in memory and is written with the next click, or lost
    with the process: a lost count is better than a lost reader.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._counts: Counter[tuple[str, date]] = Counter()
        self._counting = Lock()
        self._writing = Lock()

    def count(self, token: str, now: datetime) -> None:
        """Count one click, and write down all that are counted."""
        with self._counting:
            self._counts[token, now.astimezone(self._site.settings.site.zone).date()] += 1
        self.write()

    def write(self) -> None:
        """Write what is counted; returns at once where another thread does that already."""
        while self._counts and self._writing.acquire(blocking=False):
            try:
                if not self._write():
                    return
            finally:
                self._writing.release()

    def _write(self) -> bool:
        with self._counting:
            taken, self._counts = self._counts, Counter()
        try:
            with self._site.database.transaction() as connection:
                add_clicks(connection, taken)
        except (TemporaryError, UnavailableError) as error:
            with self._counting:
                self._counts.update(taken)
            log.warning("clicks wait to be written: %s", error)
            return False
        return True
