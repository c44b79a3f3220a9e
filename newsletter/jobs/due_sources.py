"""The sources at the minute when an issue is due: what fails is tried again."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from newsletter.articles.urls import is_web_address
from newsletter.config.settings import NewsletterSettings
from newsletter.config.source import SOONEST
from newsletter.config.source_policy import SourceFailurePolicy
from newsletter.issues.issue import Issue, State
from newsletter.issues.reasons import FailedSource, StateNote
from newsletter.issues.source_failures import LONG, DueIssue, source_failure_note
from newsletter.jobs.job import Pause
from newsletter.pipeline.gather import gather
from newsletter.site.failed_sources import source_health
from newsletter.site.site import Site
from newsletter.store.source_health import SourceHealth

if TYPE_CHECKING:
    from newsletter.articles.reading import Reading

AGAIN_AFTER = (timedelta(seconds=5), timedelta(seconds=15), timedelta(seconds=30))
"""How long to wait before each new attempt at the sources that failed."""


def read_for_issue(
    site: Site,
    slug: str,
    *,
    now: datetime,
    interrupted: threading.Event,
    pause: Pause,
) -> None:
    """Read the newsletter's sources for the issue that is due; those that fail, up to four times.

    Sources that have failed for days are read once, and so is one whose server asks for a longer
    pause. Stops when `interrupted` is set.
    """
    readings = gather(site, slug, now=now)
    waited = timedelta(0)
    for wait in AGAIN_AFTER:
        failed = worth_another_attempt(readings, _health(site, slug), now + waited + wait)
        if not failed or interrupted.is_set():
            return
        pause(interrupted, wait)
        waited += wait
        if interrupted.is_set():
            return
        readings = gather(site, slug, now=now + waited, only=failed, again=True)


def worth_another_attempt(
    readings: Iterable[Reading], health: Iterable[SourceHealth], then: datetime
) -> frozenset[str]:
    """The locations of the sources that failed and may be read at `then`. Pure."""
    since = {one.location: one.failing_since for one in health}
    return frozenset(
        reading.location
        for reading in readings
        if any(finding.severity == "failure" for finding in reading.findings)
        and is_web_address(reading.location)
        and then - (since.get(reading.location) or then) < LONG
        and (
            reading.memory is None
            or reading.memory.not_before is None
            or reading.memory.not_before <= then
        )
    )


def read_failed(site: Site, slug: str, *, now: datetime) -> None:
    """Read again the sources for which an issue is held, each every 15 minutes."""
    failed = {
        one.location
        for one in _health(site, slug)
        if one.failing_since is not None and one.checked_at <= now - SOONEST
    }
    if failed:
        gather(site, slug, now=now, only=failed, again=True)


def wants_sources(current: Issue | None, due: datetime) -> bool:
    """Whether the sources are read for the issue due then: not if it is approved, or held for this due time. Pure."""
    if current is None or current.state is State.DRAFT:
        return True
    return current.state is State.HELD and current.due != due


def failure_note(
    issue: Issue, newsletter: NewsletterSettings, failed: Sequence[FailedSource], *, now: datetime
) -> StateNote | None:
    """Why the failed sources hold the issue; None if they do not.

    Where editors approve, the failed sources hold only an issue that is too thin.
    """
    return source_failure_note(
        newsletter.on_source_failure if newsletter.is_sent_when_due else SourceFailurePolicy(),
        failed,
        DueIssue(
            due=issue.due,
            max_lateness=newsletter.max_lateness,
            shown=len(issue.shown_items),
            least=newsletter.min_items,
        ),
        now=now,
    )


def _health(site: Site, slug: str) -> list[SourceHealth]:
    with site.database.transaction(read_only=True) as connection:
        return source_health(site, connection, (slug,))
