"""archive import: put the issues that another tool sent into the archive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from newsletter.articles.sanitize import one_line
from newsletter.errors import InputError, ParsingError
from newsletter.issues.past.layouts import Layout, Refused, read_export
from newsletter.issues.past.post import (
    PastIssue,
    PastPost,
    Problem,
    Standing,
    make_past_issue,
)
from newsletter.sandbox import FETCHED, HANDED_IN, Limits
from newsletter.site.site import Site
from newsletter.store.past_issues import Kept, keep_past_issue

POST = Limits(seconds=20)
"""Of the cleaning of one post."""

EXPORT = Limits(seconds=1_800, memory=3_000_000_000)
"""Of the reading of a whole export, which may be as large as an archive's limits allow."""

BATCH = 100
"""Issues that are kept in one transaction."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PastIssuesReport:
    """How many posts became what, and which could not be read."""

    layout: Layout
    kept: Counter[Kept] = field(default_factory=Counter)
    skipped: Counter[Standing] = field(default_factory=Counter)
    unreadable: list[tuple[str, Problem]] = field(default_factory=list)


def import_past_issues(
    site: Site,
    slug: str,
    path: Path,
    *,
    layout: Layout | None,
    base: str,
    dry_run: bool,
    now: datetime,
) -> PastIssuesReport:
    """Import an export; twice has the effect of once. `dry_run` keeps nothing.

    `base` is the old site's address, for links without one. Drafts and posts for members are
    skipped. Raises InputError if the export cannot be read, UnknownNameError for the newsletter.
    """
    site.newsletter(slug)
    # The other pool cleans the posts while this worker waits for its turn.
    with closing(FETCHED.run_each(read_export, path, layout, limits=EXPORT)) as entries:
        report = PastIssuesReport(layout=_layout(next(entries)))
        posts = (_post(entry) for entry in entries)
        issues = _clean(posts, base, report)
        for batch in _batches(issues):
            with site.database.transaction() as connection:
                savepoint = connection.begin_nested()
                report.kept.update(keep_past_issue(connection, slug, issue, now) for issue in batch)
                if dry_run:
                    savepoint.rollback()
                else:
                    savepoint.commit()
    return report


def _layout(first: Layout | PastPost | Refused) -> Layout:
    return first if isinstance(first, Layout) else _raise_refused(first)


def _post(entry: Layout | PastPost | Refused) -> PastPost:
    return entry if isinstance(entry, PastPost) else _raise_refused(entry)


def _raise_refused(entry: object) -> NoReturn:
    """Raise InputError for an entry that is not what the export should have next."""
    refused = entry if isinstance(entry, Refused) else Refused(message="it is damaged", fix=None)
    raise InputError(refused.message, fix=refused.fix)


def _clean(posts: Iterable[PastPost], base: str, report: PastIssuesReport) -> Iterator[PastIssue]:
    """The issues among the posts; everything else is counted in the report."""
    for post in posts:
        if post.standing is not Standing.PUBLISHED:
            report.skipped[post.standing] += 1
            continue
        issue = _clean_one(post, base)
        if isinstance(issue, PastIssue):
            yield issue
        else:
            report.unreadable.append((one_line(post.title or post.key), issue))


def _clean_one(post: PastPost, base: str) -> PastIssue | Problem:
    try:
        return HANDED_IN.run(make_past_issue, post, base, limits=POST)
    except ParsingError:
        return Problem.TOO_LONG


def _batches(issues: Iterator[PastIssue]) -> Iterator[list[PastIssue]]:
    """The issues in lists, so that no post is cleaned within a transaction."""
    batch: list[PastIssue] = []
    for issue in issues:
        batch.append(issue)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
