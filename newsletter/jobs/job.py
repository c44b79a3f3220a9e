"""A job, and what one run of it came to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from newsletter.store.job_outcomes import JobOutcome

BUDGET = timedelta(minutes=5)
"""For whatever is no issue: what is left is done the next time."""


def _always() -> bool:
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """Work that may fail, hang or be stopped without any other work noticing.

    `do` is given the event that asks it to stop, which it looks at between two units of work,
    and returns what it made, whose `str` is kept as the outcome's detail. After each `budget`
    it is asked to stop if `must_yield` then says so.
    """

    name: str
    do: Callable[[threading.Event], object]
    budget: timedelta
    must_yield: Callable[[], bool] = _always


@dataclass(frozen=True, kw_only=True, slots=True)
class JobRun:
    """One run of a job: its outcome, what `do` returned, and what it raised."""

    outcome: JobOutcome
    value: object = None
    error: BaseException | None = None
