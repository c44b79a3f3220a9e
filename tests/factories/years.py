"""A newsletter's life in memory: what `run` decides and books, without a database or a relay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.articles.article import Article
from newsletter.issues.assemble import Candidate, History, Section, assemble
from newsletter.issues.due import issue_date, newest_due, past_occasions, period_before
from newsletter.issues.issue import Window
from newsletter.issues.window import closed_at, coming_window
from tests.factories.issues import make_article

RECENT = 60
"""How many past issues a run asks about: enough for the worst clock a test sets."""

SECTIONS = (Section(title="All", tags=frozenset(), max_items=10_000),)


@dataclass(frozen=True, kw_only=True, slots=True)
class Printed:
    """An issue that went out, and the numbers of its articles."""

    due: datetime
    day: date
    window: Window
    articles: tuple[str, ...]


@dataclass(kw_only=True)
class Life:
    """One newsletter; `schedule`, `zone` and `holidays` may change at any time."""

    schedule: str
    zone: ZoneInfo
    first_seen: datetime
    min_items: int = 1
    max_lateness: timedelta = timedelta(hours=6)
    holidays: tuple[date, ...] = ()
    paused: bool = False
    printed: list[Printed] = field(default_factory=list)
    skipped: int = 0
    _served: list[tuple[datetime, date]] = field(default_factory=list)
    _waiting: dict[str, Candidate] = field(default_factory=dict)
    _used: dict[str, str] = field(default_factory=dict)
    _passed: datetime | None = None
    _watermark: datetime | None = None
    _closed: datetime | None = None

    def publish(self, number: int, *, published: datetime, seen: datetime) -> str:
        """An article comes to the site; returns its key."""
        article = make_article(number, published=published)
        self._waiting[article.key] = Candidate(article=article, first_seen=seen)
        return article.key

    @property
    def waiting(self) -> Sequence[Article]:
        """What no issue has taken."""
        return [candidate.article for candidate in self._waiting.values()]

    def run(self, now: datetime) -> str:
        """What `run` does at this moment, in one word."""
        self._rewind(now)
        over = past_occasions(
            now,
            checked=(self.first_seen, self._passed),
            served=self._served[-RECENT:],
            holidays=self.holidays,
        )
        due = newest_due(self.schedule, self.zone, after=over.after, now=now, without=over.dates)
        if self.paused or due is None:
            self._passed = now
            return "nothing"
        if now - due > self.max_lateness:
            return "held"
        return self._serve(due, now)

    def _rewind(self, now: datetime) -> None:
        if self._watermark is not None and self._watermark > now:
            self._watermark = now
        if self._closed is not None and self._closed > now:
            self._closed = now

    def _serve(self, due: datetime, now: datetime) -> str:
        period = period_before(self.schedule, self.zone, due)
        window = coming_window(
            watermark=self._watermark,
            due=due,
            period=period,
            now=now,
            first_seen=self.first_seen,
        )
        self._watermark = self._watermark or window.start
        assembly = assemble(
            [entry for entry in self._waiting.values() if entry.first_seen <= now],
            window=window,
            sections=SECTIONS,
            history=History(used=self._used, closed=self._closed, grace=period),
            previous=(),
        )
        day = issue_date(due, self.zone)
        self._served.append((due, day))
        if len(assembly.items) < self.min_items:
            self.skipped += 1
            return "skipped"
        keys = tuple(item.article.key for item in assembly.items)
        for key in keys:
            self._used[key] = f"weekly/{len(self.printed) + 1}"
            del self._waiting[key]
        window = closed_at(window, now)
        self._watermark = max(self._watermark, window.end)
        self._closed = max(self._closed or now, now)
        self.printed.append(Printed(due=due, day=day, window=window, articles=keys))
        return "sent"
