"""The last outcome of each job, stored so that every process and page can show it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from newsletter.store.tables import job_outcomes
from subscribers.sql import insert_or


class Ended(StrEnum):
    """How a job ended."""

    DONE = "done"
    FAILED = "failed"  # with one of our own errors
    CRASHED = "crashed"  # with an unexpected error: the log has its traceback
    STOPPED = "stopped"  # on request, leaving the rest for the next run
    OVERRAN = "overran"  # it did not stop on request, and was abandoned
    ELSEWHERE = "elsewhere"  # another process, or an earlier run, is still doing it


@dataclass(frozen=True, kw_only=True, slots=True)
class JobOutcome:
    """The end of one run of a job; `detail` says what it did, `error` why it failed, in one line."""

    job: str
    ended: Ended
    started_at: datetime
    finished_at: datetime
    detail: str = ""
    error: str = ""

    @property
    def is_troubled(self) -> bool:
        """Whether the outcome may need a person's attention."""
        return self.ended in (Ended.FAILED, Ended.CRASHED, Ended.OVERRAN)


def record_outcome(connection: sa.Connection, outcome: JobOutcome) -> None:
    """Store the outcome in place of the job's last one."""
    values = asdict(outcome)
    insert_or(connection, job_outcomes, [values], update=[name for name in values if name != "job"])


def forget_outcomes(connection: sa.Connection, before: datetime) -> None:
    """Delete the outcomes of jobs that have not run since then, and may not exist any more."""
    connection.execute(sa.delete(job_outcomes).where(job_outcomes.c.finished_at < before))


def last_outcomes(connection: sa.Connection) -> list[JobOutcome]:
    """The newest outcome of each job, by its name."""
    rows = connection.execute(sa.select(job_outcomes).order_by(job_outcomes.c.job))
    return [JobOutcome(**{**row._mapping, "ended": Ended(row.ended)}) for row in rows]
