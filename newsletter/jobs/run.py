"""run: the command for cron. Does every job of the site once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from newsletter.errors import TemporaryError
from newsletter.jobs.due_issue import RunOutcome, RunResult
from newsletter.jobs.job import JobRun
from newsletter.jobs.letters import letters_job
from newsletter.jobs.site_jobs import (
    address_change_jobs,
    audit_jobs,
    comment_jobs,
    dated_letter_jobs,
    due_issue_jobs,
    gathering_jobs,
    import_jobs,
    inbound_jobs,
    retention_jobs,
    suggestion_jobs,
    webhook_jobs,
)
from newsletter.jobs.supervisor import Supervisor
from newsletter.site.site import Site
from newsletter.store.job_outcomes import Ended


@dataclass(frozen=True, kw_only=True, slots=True)
class RunReport:
    """The results of a run: of its newsletters, and of its other jobs."""

    newsletters: tuple[RunOutcome, ...]
    others: tuple[JobRun, ...]

    @property
    def crashed(self) -> bool:
        """Whether any job ended with an unexpected error."""
        return any(outcome.result is RunResult.CRASHED for outcome in self.newsletters) or any(
            run.outcome.ended is Ended.CRASHED for run in self.others
        )


def run(site: Site, supervisor: Supervisor) -> RunReport:
    """Serve every due newsletter and do all other jobs; a failure of one stops none of the others."""
    clock = supervisor.clock
    letters = letters_job(site, clock)
    due = due_issue_jobs(site, clock, supervisor.pause)
    runs = supervisor.run_beside(
        [*due, *gathering_jobs(site, clock), *webhook_jobs(site, clock)],
        [letters],
        [
            *inbound_jobs(site, clock),
            *address_change_jobs(site, clock),
            *comment_jobs(site, clock),
            *import_jobs(site, clock),
            *suggestion_jobs(site, clock),
            *dated_letter_jobs(site, clock),
            letters,
        ],  # the second time for the answers to the mail, and dated letters
        [*audit_jobs(site, clock), *retention_jobs(site, clock)],
    )
    return RunReport(
        newsletters=_newsletters(site, runs),
        others=_once(run for run in runs if run.outcome.job not in {job.name for job in due}),
    )


def serve_due(site: Site, supervisor: Supervisor) -> RunReport:
    """Serve every due newsletter, and do nothing else."""
    runs = supervisor.run_in_turn(due_issue_jobs(site, supervisor.clock, supervisor.pause))
    return RunReport(newsletters=_newsletters(site, runs), others=())


def _newsletters(site: Site, runs: Sequence[JobRun]) -> tuple[RunOutcome, ...]:
    by_job = {run.outcome.job: run for run in runs}
    return tuple(_outcome(slug, by_job.get(f"issue:{slug}")) for slug in site.settings.newsletters)


def _once(runs: Iterable[JobRun]) -> tuple[JobRun, ...]:
    """One run of each job: the last, unless an earlier one failed."""
    found: dict[str, JobRun] = {}
    for run in runs:
        before = found.get(run.outcome.job)
        if before is None or not before.outcome.is_troubled:
            found[run.outcome.job] = run
    return tuple(found.values())


def _outcome(slug: str, run: JobRun | None) -> RunOutcome:
    if run is None:  # the process was asked to end before its turn
        return RunOutcome(newsletter=slug, result=RunResult.INTERRUPTED)
    if isinstance(run.value, RunOutcome):
        return run.value
    match run.outcome.ended:
        case Ended.ELSEWHERE:
            return RunOutcome(newsletter=slug, result=RunResult.BUSY)
        case Ended.CRASHED:
            return RunOutcome(newsletter=slug, result=RunResult.CRASHED, problem=run.error)
        case Ended.OVERRAN:
            problem: BaseException | None = TemporaryError(
                f"{slug} did not stop when it was asked to",
                fix="the next run continues where this one stopped",
            )
            return RunOutcome(newsletter=slug, result=RunResult.OVERRAN, problem=problem)
    return RunOutcome(newsletter=slug, result=RunResult.FAILED, problem=run.error)
