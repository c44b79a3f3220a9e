"""The scheduler inside `serve`: asks every minute what is due, and does what cron's `run` does.

APScheduler only wakes us. What is due is computed in issues/due.py from the database, so a
wake-up too many, too late, or in two processes at once changes nothing. Of several `serve` on
one database one does it, and another when that one dies.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from newsletter.pipeline.operators import watched_run
from newsletter.pipeline.site import Site
from newsletter.pipeline.webhooks import tell_webhooks
from newsletter.store.liveness import Office

log = logging.getLogger("newsletter")

EVERY = timedelta(minutes=1)
"""How long an issue may be due before anyone looks."""


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def scheduling(
    site: Site, *, clock: Callable[[], datetime] = _now, every: timedelta = EVERY
) -> Iterator[None]:
    """While entered, due newsletters are served; leaving stops a send that is under way.

    `clock` tells what is due; when to wake, and how often, goes by the machine's own.
    """
    scheduler = BackgroundScheduler(timezone=UTC)
    interrupted = threading.Event()
    offices = Office(site.database, "due issues"), Office(site.database, "webhooks")
    scheduler.add_job(
        _serve_due,
        IntervalTrigger(seconds=every.total_seconds(), timezone=UTC),
        args=[site, clock, interrupted, offices[0]],
        next_run_time=datetime.now(UTC),
        # A machine that slept wakes with many missed minutes: one look makes up for all.
        coalesce=True,
        misfire_grace_time=None,
        max_instances=1,
    )
    scheduler.add_job(
        _tell_webhooks,
        IntervalTrigger(seconds=10, timezone=UTC),
        args=[site, offices[1]],
        coalesce=True,
        misfire_grace_time=None,
        max_instances=1,
    )
    scheduler.start()
    try:
        yield
    finally:
        interrupted.set()
        scheduler.shutdown()
        for office in offices:
            office.resign()


def _serve_due(
    site: Site, clock: Callable[[], datetime], interrupted: threading.Event, office: Office
) -> None:
    try:
        if not office.is_ours():
            return
        outcomes = watched_run(site, clock=clock, interrupted=interrupted)
    except Exception:  # the next minute is another chance, and the log says why
        log.exception("the scheduled run failed")
        return
    for outcome in outcomes:
        if outcome.problem is not None:
            log.error("%s: %s", outcome.newsletter, outcome.problem)
        elif outcome.issue is not None:
            log.info("%s: %s", outcome.issue, outcome.did)


def _tell_webhooks(site: Site, office: Office) -> None:
    try:
        if not office.is_ours():
            return
        told = tell_webhooks(site, clock=lambda: datetime.now(UTC))
    except Exception:  # the next round is another chance, and the log says why
        log.exception("webhooks could not be told")
        return
    if told.given_up:
        log.error("webhooks: %d given up", told.given_up)
