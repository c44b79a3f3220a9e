"""A job, and the result of one run of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from newsletter.store.job_outcomes import JobOutcome

BUDGET = timedelta(minutes=5)
"""For every job that is not an issue: the next run does what is left."""


Pause = Callable[[threading.Event, timedelta], None]
"""Waits for that long, or until the event is set."""


def wait_for(stop: threading.Event, duration: timedelta) -> None:
    """Wait by the machine's clock."""
    stop.wait(duration.total_seconds())


def _always() -> bool:
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """Work that may fail, hang or be stopped without affecting any other work.

    `do` receives the event that asks it to stop, checks it between two units of work, and returns
    a result whose `str` is stored as the outcome's detail. Whenever another `budget` has passed,
    the job is asked to stop if `must_yield` returns True.
    """

    name: str
    do: Callable[[threading.Event], object]
    budget: timedelta
    must_yield: Callable[[], bool] = _always


@dataclass(frozen=True, kw_only=True, slots=True)
class JobRun:
    """One run of a job: its outcome, and what `do` returned or raised."""

    outcome: JobOutcome
    value: object = None
    error: BaseException | None = None
