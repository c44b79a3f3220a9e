"""The scheduler inside `serve`: looks every minute at what is due, and runs the site's jobs.

APScheduler only wakes us. What is due is computed in issues/due.py from the database, so a
wake-up too many, too late, or in two processes at once changes nothing. Of several `serve` on
one database one does a job, whichever has its lock first.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from newsletter.jobs.job import Job
from newsletter.jobs.letters import letters_job
from newsletter.jobs.operators import tell_of_jobs, watched_due
from newsletter.jobs.site_jobs import gathering_jobs, inbound_jobs, retention_jobs, webhook_jobs
from newsletter.jobs.supervisor import Supervisor
from newsletter.site.site import Site

log = logging.getLogger("newsletter")

EVERY = timedelta(minutes=1)
"""How long an issue may be due before anyone looks."""

WEBHOOKS_EVERY = timedelta(seconds=10)


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def scheduling(
    site: Site,
    *,
    clock: Callable[[], datetime] = _now,
    every: timedelta = EVERY,
    stop: threading.Event | None = None,
) -> Iterator[Supervisor]:
    """While entered, the site's jobs are run; leaving stops those that are under way.

    So does `stop`, at once. `clock` tells what is due; when to wake, and how often, goes by the
    machine's own.
    """
    stop = stop or threading.Event()
    supervisor = Supervisor(site.database, clock, stop)
    webhooks = webhook_jobs(site, _now)
    scheduler = BackgroundScheduler(timezone=UTC)
    _wake(scheduler, every, lambda: _serve_due(site, supervisor))
    for jobs, how_often in (
        ([letters_job(site, clock)], every),
        (gathering_jobs(site, clock), every),
        (inbound_jobs(site, clock), every),
        (retention_jobs(site, clock), every),
        (webhooks, WEBHOOKS_EVERY),
    ):
        if jobs:
            _wake(scheduler, how_often, _lane(site, supervisor, jobs))
    scheduler.start()
    try:
        yield supervisor
    finally:
        stop.set()
        scheduler.shutdown()


def _wake(scheduler: BackgroundScheduler, every: timedelta, do: Callable[[], None]) -> None:
    scheduler.add_job(
        do,
        IntervalTrigger(seconds=every.total_seconds(), timezone=UTC),
        next_run_time=datetime.now(UTC),
        # A machine that slept wakes with many missed minutes: one look makes up for all.
        coalesce=True,
        misfire_grace_time=None,
        max_instances=1,
    )


def _serve_due(site: Site, supervisor: Supervisor) -> None:
    try:
        report = watched_due(site, supervisor)
    except Exception:  # the next minute is another chance, and the log says why
        log.exception("the scheduled run failed")
        return
    for outcome in report.newsletters:
        if outcome.issue is not None:
            log.info("%s: %s", outcome.issue, outcome.did)


def _lane(site: Site, supervisor: Supervisor, jobs: Sequence[Job]) -> Callable[[], None]:
    """Runs the jobs in turn, and tells the operators of what needs a look."""

    def work() -> None:
        runs = supervisor.run_in_turn(jobs)
        tell_of_jobs(site, supervisor, runs)

    return work
