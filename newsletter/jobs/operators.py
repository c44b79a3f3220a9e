"""Tells the operators about every run: by a dead man's switch, and by mail if they must act."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from newsletter.articles.fetch import HttpClient
from newsletter.errors import NewsletterError, TemporaryError
from newsletter.issues.reasons import StateReason
from newsletter.issues.wording import failed_sources_text
from newsletter.jobs.due_issue import RunOutcome, RunResult
from newsletter.jobs.job import Job, JobRun
from newsletter.jobs.operator_mail import OperatorAlert, forget_resolved, write_to_operators
from newsletter.jobs.run import RunReport, run, serve_due
from newsletter.jobs.supervisor import Supervisor
from newsletter.site.site import Site
from newsletter.store.job_outcomes import Ended

log = logging.getLogger("newsletter")

PING_TIMEOUT = timedelta(seconds=10)
"""For one ping: a switch that does not answer must not delay the issue."""

ALERT_BUDGET = timedelta(seconds=30)
"""For all alerts of one run together."""

REPORT = "report it, with the traceback in the log, to the makers of newsletter"

MAX_BODY = 10_000
"""The longest summary, in characters: such services keep no more."""


def watched_run(site: Site, supervisor: Supervisor) -> RunReport:
    """Do a `run` and tell the operators about it; a failure to reach them never stops the run."""
    return _watched(site, supervisor, run)


def watched_due(site: Site, supervisor: Supervisor) -> RunReport:
    """Do a `serve_due` and tell the operators about it in the same way."""
    return _watched(site, supervisor, serve_due)


def _watched(
    site: Site, supervisor: Supervisor, work: Callable[[Site, Supervisor], RunReport]
) -> RunReport:
    if site.settings.operators.ping_url is not None:
        _supervised(supervisor, "switch", lambda: _ping(site, "/start", ""))
    try:
        report = work(site, supervisor)
    except Exception as error:
        crash = _alert_of_error("run", error, fix=REPORT)
        _supervised(supervisor, "switch", lambda: _ping(site, "/fail", crash.message))
        _supervised(
            supervisor, "letters", lambda: write_to_operators(site, [crash], supervisor.clock())
        )
        raise
    alerts = [alert for outcome in report.newsletters if (alert := alert_of(outcome))]
    alerts += [alert for run in report.others if (alert := alert_of_job(run))]
    if site.settings.operators.ping_url is not None:
        body = summary(report.newsletters, alerts)
        _supervised(supervisor, "switch", lambda: _ping(site, "/fail" if alerts else "", body))
    served = [
        outcome.newsletter for outcome in report.newsletters if outcome.result is not RunResult.BUSY
    ]
    notices = [notice for outcome in report.newsletters if (notice := notice_of(outcome))]
    _tell(site, supervisor, ["run", *served, *_finished(report.others)], [*alerts, *notices])
    return report


def tell_of_jobs(site: Site, supervisor: Supervisor, runs: Sequence[JobRun]) -> None:
    """Write to the operators about the jobs that need their attention."""
    alerts = [alert for run in runs if (alert := alert_of_job(run))]
    _tell(site, supervisor, _finished(runs), alerts)


def _finished(runs: Sequence[JobRun]) -> list[str]:
    """The names of the jobs whose end is known."""
    return [run.outcome.job for run in runs if run.outcome.ended is not Ended.ELSEWHERE]


def _tell(
    site: Site, supervisor: Supervisor, about: Sequence[str], alerts: Sequence[OperatorAlert]
) -> None:
    def tell() -> None:
        forget_resolved(site, about, alerts)
        write_to_operators(site, alerts, supervisor.clock())

    if site.settings.operators.mail:
        _supervised(supervisor, "letters", tell)


def _supervised(supervisor: Supervisor, what: str, tell: Callable[[], None]) -> None:
    """Call `tell` as a job of its own, so that a switch or relay that hangs delays no issue."""
    supervisor.run(Job(name=f"operators:{what}", do=lambda _stop: tell(), budget=ALERT_BUDGET))


_HELD_BY = {
    StateReason.LATE: "held",
    StateReason.SOURCES_FAILED: "sources failed",
    StateReason.OPEN_COMMENTS: "comments",
}
"""The reasons for holding an issue that the operators must know, and the kinds of their alerts."""


def notice_of(outcome: RunOutcome) -> OperatorAlert | None:
    """What the operators are to know about an issue that went out, or None."""
    if outcome.sent is None or not outcome.failed:
        return None
    return OperatorAlert(
        about=outcome.newsletter,
        kind=f"{outcome.issue} without sources",
        message=f"{outcome.issue} went out without sources that cannot be read:"
        f" {failed_sources_text(outcome.failed)}",
        fix=f"newsletter gather {outcome.newsletter}, or correct the sources; their stories of"
        " that time are taken by the next issue if they still show them",
        again_after=None,
    )


def alert_of(outcome: RunOutcome) -> OperatorAlert | None:
    """What the operators must know about this outcome, or None."""
    about, send_report = outcome.newsletter, outcome.sent and outcome.sent.report
    if outcome.result is RunResult.OVERRAN:
        return _overrun_alert(about)
    if isinstance(outcome.problem, TemporaryError):
        return None  # another run is working on it, or the next run tries again
    if outcome.problem is not None:
        return _alert_of_error(about, outcome.problem, fix=f"newsletter status {about}")
    if send_report and send_report.paused:
        return OperatorAlert(
            about=about,
            kind="paused",
            message=f"{outcome.issue} is not sent in full: {send_report.paused}",
            fix="fix the relay; the next run continues where this one stopped",
        )
    if outcome.note is not None and outcome.note.kind in _HELD_BY:
        return OperatorAlert(
            about=about,
            kind=_HELD_BY[outcome.note.kind],
            message=f"{outcome.issue} is {outcome.did}",
            fix=f"newsletter approve {outcome.issue}, or wait: its articles are sent with the next issue",
        )
    return None


def alert_of_job(run: JobRun) -> OperatorAlert | None:
    """What the operators must know about a job that serves no newsletter, or None."""
    if run.outcome.ended is Ended.OVERRAN:
        return _overrun_alert(run.outcome.job)
    if run.error is None or isinstance(run.error, TemporaryError):
        return None  # the next run tries again
    return _alert_of_error(run.outcome.job, run.error, fix="see the log for details")


def _overrun_alert(about: str) -> OperatorAlert:
    return OperatorAlert(
        about=about,
        kind="overran",
        message=f"{about} did not stop when it was asked to",
        fix="if it does not end by itself, restart the process, which then does what is left",
    )


def _alert_of_error(about: str, error: BaseException, *, fix: str) -> OperatorAlert:
    if isinstance(error, NewsletterError):
        problem = error.problem
        kind = f"{error.code} {problem.field or ''}".strip()
        return OperatorAlert(
            about=about, kind=kind, message=problem.message, fix=problem.fix or fix
        )
    return OperatorAlert(
        about=about,
        kind=type(error).__name__,
        message=f"{about} ended with an unexpected error: {type(error).__name__}: {error}",
        fix=REPORT,
    )


def summary(outcomes: Sequence[RunOutcome], alerts: Sequence[OperatorAlert]) -> str:
    """What happened, one line for each newsletter, and what to do about the alerts."""
    lines = [f"{outcome.newsletter}: {outcome.did}{_counts(outcome)}" for outcome in outcomes]
    lines += [f"{alert.about}: {alert.message}. Fix: {alert.fix}" for alert in alerts]
    return "\n".join(lines)[:MAX_BODY]


def _counts(outcome: RunOutcome) -> str:
    if outcome.sent is None:
        return f" {outcome.issue}" if outcome.issue else ""
    counts = [f"{count} {state}" for state, count in outcome.sent.counts.items() if count]
    return f" {outcome.issue}, {outcome.sent.audience} readers: {', '.join(counts) or 'nobody'}"


def _ping(site: Site, suffix: str, body: str) -> None:
    url = site.settings.operators.ping_url
    if url is None:
        return
    limits = site.settings.fetch.model_copy(update={"timeout": PING_TIMEOUT})

    async def post() -> int:
        async with HttpClient(limits) as client:
            headers = {"Content-Type": "text/plain; charset=utf-8"}
            return await client.post(url + suffix, body.encode(), headers)

    try:
        status = asyncio.run(post())
    except NewsletterError as error:
        log.warning("operators.ping_url: %s", error)
        return
    if status >= 300:
        log.warning("operators.ping_url: %s answers %d", url + suffix, status)
