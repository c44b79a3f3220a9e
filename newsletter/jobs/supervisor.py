"""The supervisor: runs each job behind a wall of its own, so that none can stop another.

A job works in a thread of its own and holds a lock named after the database and the job. What it
raises ends it alone, is logged and kept. One that outlives its budget, or the process's end, is
asked to stop; one that does not listen is left to itself, so that the others go on.
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
from newsletter.jobs.job import Job, JobRun
from newsletter.store.database import Database
from newsletter.store.job_outcomes import Ended, JobOutcome, record_outcome
from newsletter.store.liveness import Office

log = logging.getLogger("newsletter")

GRACE_SECONDS = 9.5
"""How long a job that is asked to stop may take: SIGTERM is to be heard within 10 s."""

LOOK_SECONDS = 0.05
"""Between two looks at whether a job has to stop."""

PATIENCE_SECONDS = 1.0
"""How long a job waits for its lock."""


class Supervisor:
    """Runs the jobs of one database until `stop` is set; `clock` dates what they do."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        stop: threading.Event | None = None,
    ) -> None:
        self._database = database
        self.clock = clock
        self._stop = stop or threading.Event()
        self._stops_at: float | None = None
        self._left: list[threading.Thread] = []

    @property
    def has_left_any(self) -> bool:
        """Whether a job that did not stop is still at work: the process must not wait for it."""
        return any(thread.is_alive() for thread in self._left)

    def run(self, job: Job) -> JobRun:
        """Run the job to its end, or until it has to stop; raises nothing."""
        started = self.clock()
        stop = threading.Event()
        ended: list[JobRun] = []
        thread = threading.Thread(
            target=lambda: ended.append(self._walled(job, stop, started)),
            name=job.name,
            daemon=True,  # one that does not stop must not keep the process alive
        )
        thread.start()
        self._watch(job, thread, stop)
        if not ended:
            self._left.append(thread)
        run = ended[0] if ended else self._overrun(job, started)
        self._keep(run.outcome)
        return run

    def run_in_turn(self, jobs: Sequence[Job]) -> list[JobRun]:
        """Run the jobs one after another; the last run of each, in the jobs' order.

        One that had to yield goes on after all others had another turn.
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
        """Run the lanes side by side, each one's jobs in turn; every run, in the lanes' order."""
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
        """Wait for the job's end; ask it to stop when it has to, and give it the grace."""
        turn_ends = time.monotonic() + job.budget.total_seconds()
        while thread.is_alive() and not self._stop.is_set():
            thread.join(LOOK_SECONDS)
            if time.monotonic() >= turn_ends:
                if _must_yield(job):
                    break
                turn_ends += job.budget.total_seconds()
        if thread.is_alive():
            stop.set()
            thread.join(max(0, self._grace_ends() - time.monotonic()))

    def _grace_ends(self) -> float:
        """When a job that is asked to stop now is left: all have one grace when the process ends."""
        ends = time.monotonic() + GRACE_SECONDS
        if not self._stop.is_set():
            return ends
        if self._stops_at is None:
            self._stops_at = ends
        return self._stops_at

    def _walled(self, job: Job, stop: threading.Event, started: datetime) -> JobRun:
        office = Office(self._database, f"job {job.name}")
        value: object = None
        caught: BaseException | None = None
        try:
            if not _gets(office):
                return self._ended(job, Ended.ELSEWHERE, started)
            value = job.do(stop)
            ended = Ended.STOPPED if stop.is_set() else Ended.DONE
        except NewsletterError as error:
            log.error("%s: %s", job.name, error)  # noqa: TRY400 - its message says where and why
            ended, caught = Ended.FAILED, error
        except BaseException as error:
            log.critical("%s: an error that nobody foresaw", job.name, exc_info=error)
            ended, caught = Ended.CRASHED, error
        finally:
            with suppress(Exception):  # the lock goes with its file or session, whatever they say
                office.resign()
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
            error=_said(error),
        )
        return JobRun(outcome=outcome, value=value, error=error)

    def _overrun(self, job: Job, started: datetime) -> JobRun:
        log.error("%s: it did not stop when it was asked to, and is left to itself", job.name)
        return self._ended(job, Ended.OVERRAN, started)

    def _keep(self, outcome: JobOutcome) -> None:
        if outcome.ended is Ended.ELSEWHERE:
            return  # whoever is at work on it will say how it ended
        try:
            with self._database.transaction() as connection:
                record_outcome(connection, outcome)
        except Exception as error:
            log.warning("%s: its outcome cannot be kept: %s", outcome.job, error)


def _gets(office: Office) -> bool:
    """Whether the lock is ours; another's short look at the same job is waited for."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not office.is_ours():
        if time.monotonic() > ends:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def _must_yield(job: Job) -> bool:
    try:
        return job.must_yield()
    except Exception:
        log.exception("%s: whether it has to yield cannot be told", job.name)
        return True


def _said(error: BaseException | None) -> str:
    """The error in one line, without a traceback."""
    if error is None:
        return ""
    if isinstance(error, NewsletterError):
        return str(error)
    return f"{type(error).__name__}: {error}".strip()
