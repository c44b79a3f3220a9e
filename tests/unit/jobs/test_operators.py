from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter.errors import ConfigurationError, Problem, TemporaryError
from newsletter.jobs.due_issue import RunOutcome, RunResult
from newsletter.jobs.job import JobRun
from newsletter.jobs.operators import alert_of, alert_of_job
from newsletter.store.job_outcomes import Ended, JobOutcome

NOW = datetime(2026, 3, 9, 7, tzinfo=UTC)


def run_of(ended: Ended, error: BaseException | None = None) -> JobRun:
    """A run of the letters' job."""
    outcome = JobOutcome(job="letters", ended=ended, started_at=NOW, finished_at=NOW)
    return JobRun(outcome=outcome, error=error)


@pytest.mark.parametrize(
    ("run", "kind"),
    [
        (run_of(Ended.DONE), None),
        (run_of(Ended.STOPPED), None),
        (run_of(Ended.ELSEWHERE), None),
        (run_of(Ended.FAILED, TemporaryError("busy")), None),
        (run_of(Ended.OVERRAN), "overran"),
        (run_of(Ended.CRASHED, KeyError("x")), "KeyError"),
        (
            run_of(Ended.FAILED, ConfigurationError([Problem(message="none", field="relays")])),
            "configuration relays",
        ),
    ],
)
def test_a_job_is_told_of_where_a_person_has_to_look(run: JobRun, kind: str | None) -> None:
    """What the next run will do by itself raises no alert."""
    alert = alert_of_job(run)
    assert (alert.kind if alert else None) == kind
    assert alert is None or alert.about == "letters"


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (RunResult.OVERRAN, "overran"),
        (RunResult.CRASHED, "KeyError"),
        (RunResult.BUSY, None),
        (RunResult.NOTHING_DUE, None),
    ],
)
def test_a_newsletter_is_told_of_in_the_same_way(result: RunResult, kind: str | None) -> None:
    """One that hangs and one that crashed; not one that another process serves."""
    problems: dict[RunResult, BaseException] = {
        RunResult.OVERRAN: TemporaryError("it did not stop"),
        RunResult.CRASHED: KeyError("x"),
    }
    outcome = RunOutcome(newsletter="weekly", result=result, problem=problems.get(result))
    alert = alert_of(outcome)
    assert (alert.kind if alert else None) == kind
