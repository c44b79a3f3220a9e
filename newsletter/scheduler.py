"""The scheduler inside `serve`: checks every minute what is due, and runs the site's jobs.

APScheduler only triggers the checks. What is due is computed in issues/due.py from the database,
so a check too many, too late, or in two processes at once changes nothing. If several `serve`
processes share a database, the one that acquires a job's lock first does the job.
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
from newsletter.jobs.site_jobs import (
    address_change_jobs,
    audit_jobs,
    comment_jobs,
    dated_letter_jobs,
    gathering_jobs,
    import_jobs,
    inbound_jobs,
    retention_jobs,
    suggestion_jobs,
    webhook_jobs,
)
from newsletter.jobs.supervisor import Supervisor
from newsletter.site.site import Site

log = logging.getLogger("newsletter")

EVERY = timedelta(minutes=1)
"""How often issues are checked for being due."""

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
    """Run the site's jobs in the background while the context is open.

    Leaving it, or setting `stop`, stops the jobs that are running. `clock` decides what is due;
    the interval between checks follows the machine's own clock.
    """
    stop = stop or threading.Event()
    supervisor = Supervisor(site.database, clock, stop)
    scheduler = BackgroundScheduler(timezone=UTC)
    _schedule(scheduler, every, lambda: _serve_due(site, supervisor))
    # `listening` sends letters within a second, but tells no operator when it cannot: its lane here
    # does. The two share the job's lock.
    minutely: tuple[Callable[[], Sequence[Job]], ...] = (
        lambda: [letters_job(site, clock)],
        lambda: gathering_jobs(site, clock),
        lambda: inbound_jobs(site, clock),
        lambda: import_jobs(site, clock),
        lambda: address_change_jobs(site, clock),
        lambda: audit_jobs(site, clock),
        lambda: comment_jobs(site, clock),
        lambda: suggestion_jobs(site, clock),
        lambda: dated_letter_jobs(site, clock),
        lambda: retention_jobs(site, clock),
    )
    for jobs_of in minutely:
        _schedule(scheduler, every, _lane(site, supervisor, jobs_of))
    webhooks = _lane(site, supervisor, lambda: webhook_jobs(site, _now))
    _schedule(scheduler, WEBHOOKS_EVERY, webhooks)
    scheduler.start()
    try:
        yield supervisor
    finally:
        stop.set()
        scheduler.shutdown()


def _schedule(scheduler: BackgroundScheduler, every: timedelta, do: Callable[[], None]) -> None:
    scheduler.add_job(
        do,
        IntervalTrigger(seconds=every.total_seconds(), timezone=UTC),
        next_run_time=datetime.now(UTC),
        # A machine that slept has missed many checks: one makes up for all of them.
        coalesce=True,
        misfire_grace_time=None,
        max_instances=1,
    )


def _serve_due(site: Site, supervisor: Supervisor) -> None:
    try:
        report = watched_due(site, supervisor)
    except Exception:  # the next minute tries again
        log.exception("the scheduled run failed")
        return
    for outcome in report.newsletters:
        only_waits = outcome.sent is not None and outcome.sent.report is None
        if outcome.issue is not None and not only_waits:
            log.info("%s: %s", outcome.issue, outcome.did)


def _lane(
    site: Site, supervisor: Supervisor, jobs_of: Callable[[], Sequence[Job]]
) -> Callable[[], None]:
    """A function that runs the jobs in turn and tells the operators about failures.

    Which jobs there are is asked each time, because settings change while the site is served.
    """

    def run_lane() -> None:
        if jobs := jobs_of():
            tell_of_jobs(site, supervisor, supervisor.run_in_turn(jobs))

    return run_lane
