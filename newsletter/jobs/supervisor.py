"""The supervisor: runs each job in isolation, so that none can stop another.

A job runs in a thread of its own and holds a lock named after the job. An exception ends only
the job that raises it, and is logged and recorded. A job that exceeds its budget, or is running
when the process ends, is asked to stop; one that does not stop is abandoned, so that the others
go on.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from newsletter.errors import NewsletterError
from newsletter.jobs.job import Job, JobRun, Pause, wait_for
from newsletter.store.database import Database
from newsletter.store.job_outcomes import Ended, JobOutcome, record_outcome
from newsletter.store.liveness import LeaderLock

log = logging.getLogger("newsletter")

GRACE_SECONDS = 9.5
"""How long a job may take to stop: the process has to end within 10 s after a SIGTERM."""

CHECK_SECONDS = 0.05
"""Between two checks whether a job has to stop."""

LOCK_SECONDS = 1.0
"""How long a job waits for its lock."""


class Supervisor:
    """Runs the jobs of one database until `stop` is set; `clock` gives the times of their outcomes.

    `pause` is how its jobs wait.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        stop: threading.Event | None = None,
        pause: Pause = wait_for,
    ) -> None:
        self._database = database
        self.clock = clock
        self.pause = pause
        self._stop = stop or threading.Event()
        self._stops_at: float | None = None
        self._abandoned: list[threading.Thread] = []

    @property
    def has_abandoned_any(self) -> bool:
        """Whether an abandoned job is still running: the process must not wait for it."""
        return any(thread.is_alive() for thread in self._abandoned)

    def run(self, job: Job) -> JobRun:
        """Run the job until it ends or has to stop; raises nothing."""
        started = self.clock()
        stop = threading.Event()
        ended: list[JobRun] = []
        thread = threading.Thread(
            target=lambda: ended.append(self._isolated(job, stop, started)),
            name=job.name,
            daemon=True,  # one that does not stop must not keep the process alive
        )
        thread.start()
        self._watch(job, thread, stop)
        if not ended:
            self._abandoned.append(thread)
        run = ended[0] if ended else self._overrun(job, started)
        self._record(run.outcome)
        return run

    def run_in_turn(self, jobs: Sequence[Job]) -> list[JobRun]:
        """Run the jobs one after another; returns the last run of each, in the order of the jobs.

        A job that had to yield continues after every other job has had another turn.
        """
        waiting, last = deque(jobs), dict[str, JobRun]()
        while waiting and not self._stop.is_set():
            job = waiting.popleft()
            last[job.name] = run = self.run(job)
            if run.outcome.ended is Ended.STOPPED:
                others = [other for other in jobs if other is not job]
                waiting = deque([*others, job])
        return [last[job.name] for job in jobs if job.name in last]

    def run_beside(self, *lanes: Iterable[Job]) -> list[JobRun]:
        """Run the lanes concurrently, the jobs of each in turn; returns all runs, lane by lane."""
        listed = [list(lane) for lane in lanes]
        found: list[list[JobRun]] = [[] for _lane in listed]

        def run_lane(number: int) -> None:
            found[number] = self.run_in_turn(listed[number])

        threads = [threading.Thread(target=run_lane, args=[n]) for n in range(len(listed))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [run for lane in found for run in lane]

    def _watch(self, job: Job, thread: threading.Thread, stop: threading.Event) -> None:
        """Wait for the job to end; if it has to stop, ask it to, and wait for the grace period."""
        turn_ends = time.monotonic() + job.budget.total_seconds()
        while thread.is_alive() and not self._stop.is_set():
            thread.join(CHECK_SECONDS)
            if time.monotonic() >= turn_ends:
                if _must_yield(job):
                    break
                turn_ends += job.budget.total_seconds()
        if thread.is_alive():
            stop.set()
            thread.join(max(0, self._grace_ends() - time.monotonic()))

    def _grace_ends(self) -> float:
        """When a job that is asked to stop now is abandoned.

        All jobs share one grace period when the process ends.
        """
        ends = time.monotonic() + GRACE_SECONDS
        if not self._stop.is_set():
            return ends
        if self._stops_at is None:
            self._stops_at = ends
        return self._stops_at

    def _isolated(self, job: Job, stop: threading.Event, started: datetime) -> JobRun:
        lock = LeaderLock(self._database, f"job {job.name}")
        value: object = None
        caught: BaseException | None = None
        try:
            if not _acquire(lock):
                return self._ended(job, Ended.ELSEWHERE, started)
            value = job.do(stop)
            ended = Ended.STOPPED if stop.is_set() else Ended.DONE
        except NewsletterError as error:
            log.error("%s: %s", job.name, error)  # noqa: TRY400 - its message says where and why
            ended, caught = Ended.FAILED, error
        except BaseException as error:
            log.critical("%s: unexpected error", job.name, exc_info=error)
            ended, caught = Ended.CRASHED, error
        finally:
            with suppress(Exception):  # the lock ends with its file or session anyway
                lock.resign()
        return self._ended(job, ended, started, value=value, error=caught)

    def _ended(
        self,
        job: Job,
        ended: Ended,
        started: datetime,
        *,
        value: object = None,
        error: BaseException | None = None,
    ) -> JobRun:
        outcome = JobOutcome(
            job=job.name,
            ended=ended,
            started_at=started,
            finished_at=self.clock(),
            detail="" if value is None else str(value),
            error=_describe(error),
        )
        return JobRun(outcome=outcome, value=value, error=error)

    def _overrun(self, job: Job, started: datetime) -> JobRun:
        log.error("%s: it did not stop when it was asked to and is abandoned", job.name)
        return self._ended(job, Ended.OVERRAN, started)

    def _record(self, outcome: JobOutcome) -> None:
        if outcome.ended is Ended.ELSEWHERE:
            return  # the process that is running the job records how it ends
        try:
            with self._database.transaction() as connection:
                record_outcome(connection, outcome)
        except Exception as error:
            log.warning("%s: its outcome cannot be recorded: %s", outcome.job, error)


def _acquire(lock: LeaderLock) -> bool:
    """Acquire the lock, waiting a moment for a process that holds it briefly; False if it is held."""
    ends = time.monotonic() + LOCK_SECONDS
    while not lock.is_ours():
        if time.monotonic() > ends:
            return False
        time.sleep(CHECK_SECONDS)
    return True


def _must_yield(job: Job) -> bool:
    try:
        return job.must_yield()
    except Exception:
        log.exception("%s: cannot find out whether it has to yield", job.name)
        return True


def _describe(error: BaseException | None) -> str:
    """The error in one line; "" if there is none."""
    if error is None:
        return ""
    if isinstance(error, NewsletterError):
        return str(error)
    return f"{type(error).__name__}: {error}".strip()
