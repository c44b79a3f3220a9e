"""What each job ended with last, so that every process and every page can show it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from newsletter.store.tables import job_outcomes
from subscribers.writing import insert_or


class Ended(StrEnum):
    """How a job ended."""

    DONE = "done"
    FAILED = "failed"  # with an error that was foreseen
    CRASHED = "crashed"  # with one that was not: the log has its traceback
    STOPPED = "stopped"  # it was asked to stop, and left the rest for the next time
    OVERRAN = "overran"  # it was asked to stop and did not: it was left to itself
    ELSEWHERE = "elsewhere"  # another process, or an earlier turn, is at work on it


@dataclass(frozen=True, kw_only=True, slots=True)
class JobOutcome:
    """The end of one job. `detail` says what it did, `error` what it failed with, in one line."""

    job: str
    ended: Ended
    started_at: datetime
    finished_at: datetime
    detail: str = ""
    error: str = ""

    @property
    def is_troubled(self) -> bool:
        """Whether somebody may have to look at it."""
        return self.ended in (Ended.FAILED, Ended.CRASHED, Ended.OVERRAN)


def record_outcome(connection: sa.Connection, outcome: JobOutcome) -> None:
    """Keep the outcome in place of the job's last one."""
    values = asdict(outcome)
    insert_or(connection, job_outcomes, [values], update=[name for name in values if name != "job"])


def forget_outcomes(connection: sa.Connection, before: datetime) -> None:
    """Of a job that has not run since then nothing is known: it may be run no longer."""
    connection.execute(sa.delete(job_outcomes).where(job_outcomes.c.finished_at < before))


def last_outcomes(connection: sa.Connection) -> list[JobOutcome]:
    """The newest outcome of each job, by its name."""
    rows = connection.execute(sa.select(job_outcomes).order_by(job_outcomes.c.job))
    return [JobOutcome(**{**row._mapping, "ended": Ended(row.ended)}) for row in rows]
