"""Measures two steps of a week on a whole site: gathering what has not changed, and drafting."""

from __future__ import annotations

import hashlib
import random
import resource
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from benchmarks.gathering import serving
from benchmarks.programs import BenchmarkError
from benchmarks.stories import make_article, make_feed, make_items
from newsletter.articles.article import Article
from newsletter.articles.fetch import FetchMemory
from newsletter.articles.identity.sources import Configured
from newsletter.articles.pace import Pace
from newsletter.issues.issue import Issue, State, Window
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.site.site import Site, open_site
from newsletter.site.source_settings import reading_fingerprint
from newsletter.store import issues as issue_store
from newsletter.store.articles import save_articles
from newsletter.store.fetches import FetchResult, save_results
from newsletter.store.newsletters import advance_watermark, begin_at, ensure_newsletter
from newsletter.store.sources import settle_sources
from newsletter.store.tables import articles as article_table

Result = TypeVar("Result")

_NOW = datetime(2026, 3, 2, 6, 59, tzinfo=UTC)
_WEEK = timedelta(days=7)
_SYLLABLES = [first + last for first in "bdfgklmnprstvz" for last in "aeiou"]
_SITE = """\
[site]
url = "https://news.example.org"
timezone = "UTC"
language = "en"
postal_address = "Example Media, 1 Example St"
secret_key = "a key for measuring, forty characters long"

[fetch]
allow_private = ["127.0.0.1"]
timeout = "60s"

[newsletters.weekly]
title = "The Weekly"
from = "The Weekly <weekly@news.example.org>"
list = "weekly"
schedule = "0 7 * * mon"

"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What one step of a site of this size costs; `octets` is by how much the process grew."""

    what: str
    cpu_seconds: float
    octets: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteSize:
    """Feeds of so many entries, articles of a year, and past issues."""

    feeds: int
    entries: int
    articles: int
    issues: int


def measure_steps(folder: Path, *, size: SiteSize) -> list[Step]:
    """Gather the site's unchanged feeds; draft from its articles.

    Raises BenchmarkError if a feed was read again, or an issue is empty.
    """
    shutil.rmtree(folder, ignore_errors=True)
    return [
        _gather_unchanged(folder / "gathering", size.feeds, size.entries),
        _draft(folder / "drafting", size.articles, size.issues),
    ]


def _gather_unchanged(folder: Path, feeds: int, items: int) -> Step:
    pages = {
        f"/{number}.xml": make_feed(
            f"Feed {number}",
            (make_article(number * items + offset, _NOW) for offset in range(items)),
        )
        for number in range(feeds)
    }
    with _server(pages) as address:
        site = _site(folder, "".join(_source(f"{address}{path}") for path in pages))
        _remember(site, {f"{address}{path}": page for path, page in pages.items()})
        gather(site, "weekly", now=_NOW, only=())  # imports what it needs
        readings, step = _measured(
            f"gather {feeds} unchanged feeds of {items} entries",
            lambda: gather(site, "weekly", now=_NOW),
        )
        site.database.close()
    if sum(reading.unchanged for reading in readings) != feeds:
        raise BenchmarkError("unchanged feeds were read again")
    return step


def _draft(folder: Path, articles: int, issues: int) -> Step:
    sources = [f"https://press{number}.example.org/rss.xml" for number in range(50)]
    site = _site(folder, "".join(map(_source, sources)))
    with site.database.transaction() as connection:
        ensure_newsletter(connection, "weekly", _NOW - (issues + 1) * _WEEK)
        begin_at(connection, "weekly", _NOW - _WEEK)
        configured = [Configured(location=source) for source in sources]
        numbers = settle_sources(connection, "weekly", configured, _NOW)
        for place, number in enumerate(numbers):
            of_source = [
                _article(index, _NOW - timedelta(days=364) * (index / articles))
                for index in range(place, articles, len(numbers))
            ]
            save_articles(connection, "weekly", number, of_source, _NOW)
        seen = article_table.c
        connection.execute(sa.update(article_table).values({seen.first_seen: seen.published}))
    for number in range(1, issues + 1):
        _carry(site, number, _NOW - (issues + 1 - number) * _WEEK, articles)
    draft(site, "weekly", now=_NOW)  # imports what it needs
    issue, step = _measured(
        f"draft from {articles:,} articles after {issues} issues",
        lambda: draft(site, "weekly", now=_NOW),
    )
    site.database.close()
    if not issue.items:
        raise BenchmarkError("the issue is empty")
    return step


def _measured(what: str, do: Callable[[], Result]) -> tuple[Result, Step]:
    before, started = _peak(), time.process_time()
    result = do()
    spent = time.process_time() - started
    return result, Step(what=what, cpu_seconds=spent, octets=_peak() - before)


def _peak() -> int:
    """The most memory that this process has used, in octets."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _carry(site: Site, number: int, due: datetime, articles: int) -> None:
    """A past issue that has been sent, of 20 stories that are none of the articles."""
    first = articles + number * 20
    items = tuple(
        replace(item, article=_article(first + item.position, due)) for item in make_items(20, due)
    )
    issue = Issue(
        newsletter="weekly",
        number=number,
        state=State.DRAFT,
        window=Window(start=due - _WEEK, end=due),
        due=due,
        subject="A week",
        preheader="",
        items=items,
    )
    with site.database.transaction() as connection:
        issue_store.save_draft(connection, issue, due_date=due.date().isoformat())
        for state in (State.APPROVED, State.SENDING, State.SENT):
            current = issue_store.find_issue(connection, "weekly", number)
            started: dict[str, Any] = {"send_started_at": due} if state is State.SENDING else {}
            issue_store.move(connection, current, state, **started)
        advance_watermark(connection, "weekly", due, closed=due)


def _article(number: int, published: datetime) -> Article:
    """An article whose words are hardly those of another."""
    generator = random.Random(number)  # noqa: S311 - not for security

    def words(count: int) -> str:
        return " ".join(
            "".join(generator.choices(_SYLLABLES, k=generator.randint(2, 4))) for _ in range(count)
        )

    return replace(
        make_article(number, published),
        title=words(8).capitalize(),
        summary=words(30).capitalize(),
        body_text=words(150).capitalize(),
    )


def _remember(site: Site, pages: Mapping[str, bytes]) -> None:
    """Store that the pages were read as they are."""
    fingerprint = reading_fingerprint(site, "weekly")
    results = [
        FetchResult(
            memory=FetchMemory(source=address, body_hash=hashlib.sha256(page).hexdigest()),
            problem="",
            pace=Pace(),
        )
        for address, page in pages.items()
    ]
    with site.database.transaction() as connection:
        before = _NOW - timedelta(days=1)
        save_results(connection, "weekly", results, fingerprint=fingerprint, now=before)


def _site(folder: Path, sources: str) -> Site:
    folder.mkdir(parents=True)
    (folder / "newsletter.toml").write_text(_SITE + sources, encoding="utf-8")
    return open_site(folder, {})


def _source(address: str) -> str:
    return f'[[newsletters.weekly.sources]]\nfeed = "{address}"\n'


@contextmanager
def _server(pages: Mapping[str, bytes]) -> Iterator[str]:
    """A web server in a process of its own, whose work does not count."""
    context = get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(pages, theirs))
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("stop")
        process.join()


def _serve(pages: Mapping[str, bytes], pipe: Connection) -> None:
    with serving(pages) as address:
        pipe.send(address)
        pipe.recv()
