"""The scheduler inside `serve`: asks every minute what is due, and does what cron's `run` does.

APScheduler only wakes us. What is due is computed in issues/due.py from the database, so a
wake-up too many, too late, or in two processes at once changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from newsletter.pipeline.run import run
from newsletter.pipeline.site import Site
from newsletter.pipeline.webhooks import tell_webhooks

log = logging.getLogger("newsletter")


@contextmanager
def scheduling(site: Site) -> Iterator[None]:
    """While entered, due newsletters are served."""
    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.add_job(
        _serve_due,
        IntervalTrigger(minutes=1, timezone=UTC),
        args=[site],
        next_run_time=datetime.now(UTC),
        # A machine that slept wakes with many missed minutes: one look makes up for all.
        coalesce=True,
        misfire_grace_time=None,
        max_instances=1,
    )
    scheduler.add_job(
        _tell_webhooks,
        IntervalTrigger(seconds=10, timezone=UTC),
        args=[site],
        coalesce=True,
        misfire_grace_time=None,
        max_instances=1,
    )
    scheduler.start()
    try:
        yield
    finally:
        scheduler.shutdown()


def _serve_due(site: Site) -> None:
    try:
        outcomes = run(site, clock=lambda: datetime.now(UTC))
    except Exception:  # the next minute is another chance, and the log says why
        log.exception("the scheduled run failed")
        return
    for outcome in outcomes:
        if outcome.problem is not None:
            log.error("%s: %s", outcome.newsletter, outcome.problem)
        elif outcome.issue is not None:
            log.info("%s: %s", outcome.issue, outcome.did)


def _tell_webhooks(site: Site) -> None:
    try:
        told = tell_webhooks(site, clock=lambda: datetime.now(UTC))
    except Exception:  # the next round is another chance, and the log says why
        log.exception("webhooks could not be told")
        return
    if told.given_up:
        log.error("webhooks: %d given up", told.given_up)
