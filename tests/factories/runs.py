"""What cron's `run` does with a site of one newsletter or more, and what it left behind."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta

from newsletter.issues.issue import State
from newsletter.jobs.due_issue import RunOutcome
from newsletter.jobs.run import run
from newsletter.jobs.supervisor import Supervisor
from newsletter.site.site import Site
from newsletter.store.issues import all_issues, find_issue

THURSDAY = datetime(2026, 3, 5, 10, tzinfo=UTC)
MONDAY = datetime(2026, 3, 9, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)


def no_pause(_stop: threading.Event, _duration: timedelta) -> None:
    """The time between two attempts, which no test waits for."""


async def run_at(site: Site, now: datetime) -> RunOutcome:
    """What becomes of the site's only newsletter at this moment."""
    (outcome,) = await run_all_at(site, now)
    return outcome


async def run_all_at(site: Site, now: datetime) -> list[RunOutcome]:
    """What becomes of each newsletter at this moment."""
    supervisor = Supervisor(site.database, lambda: now, pause=no_pause)
    return list((await asyncio.to_thread(run, site, supervisor)).newsletters)


def states(site: Site, slug: str = "weekly") -> list[State]:
    """The state of every issue, oldest first."""
    with site.database.transaction(read_only=True) as connection:
        return [issue.state for issue in all_issues(connection, slug)]


def keys_of(site: Site, number: int, slug: str = "weekly") -> set[str]:
    """The days of the articles an issue took."""
    with site.database.transaction(read_only=True) as connection:
        issue = find_issue(connection, slug, number)
    return {item.article.key[-16:] for item in issue.shown_items}
