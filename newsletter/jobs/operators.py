"""Tells the operators about every run: by a dead man's switch, and by mail if they must act."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.articles.fetch import HttpClient
from newsletter.errors import NewsletterError, TemporaryError
from newsletter.issues.reasons import StateReason
from newsletter.jobs.due_issue import RunOutcome, RunResult
from newsletter.jobs.job import Job, JobRun
from newsletter.jobs.run import RunReport, run, serve_due
from newsletter.jobs.supervisor import Supervisor
from newsletter.site.site import Site
from newsletter.store import operator_alerts
from newsletter.store.job_outcomes import Ended

log = logging.getLogger("newsletter")

PING_TIMEOUT = timedelta(seconds=10)
"""For one ping: a switch that does not answer must not delay the issue."""

ALERT_BUDGET = timedelta(seconds=30)
"""For all alerts of one run together."""

REPORT = "report it, with the traceback in the log, to the makers of newsletter"

MAX_BODY = 10_000
"""The longest summary, in characters: such services keep no more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatorAlert:
    """A problem that an operator has to look at. `kind` does not change while the problem lasts."""

    about: str
    kind: str
    message: str
    fix: str


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
        _supervised(supervisor, "letters", lambda: _write(site, [crash], supervisor.clock()))
        raise
    alerts = [alert for outcome in report.newsletters if (alert := alert_of(outcome))]
    alerts += [alert for run in report.others if (alert := alert_of_job(run))]
    if site.settings.operators.ping_url is not None:
        body = summary(report.newsletters, alerts)
        _supervised(supervisor, "switch", lambda: _ping(site, "/fail" if alerts else "", body))
    served = [
        outcome.newsletter for outcome in report.newsletters if outcome.result is not RunResult.BUSY
    ]
    _tell(site, supervisor, ["run", *served, *_finished(report.others)], alerts)
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
        _forget_resolved(site, about, alerts)
        _write(site, alerts, supervisor.clock())

    if site.settings.operators.mail:
        _supervised(supervisor, "letters", tell)


def _supervised(supervisor: Supervisor, what: str, tell: Callable[[], None]) -> None:
    """Call `tell` as a job of its own, so that a switch or relay that hangs delays no issue."""
    supervisor.run(Job(name=f"operators:{what}", do=lambda _stop: tell(), budget=ALERT_BUDGET))


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
    if outcome.note is not None and outcome.note.kind is StateReason.LATE:
        return OperatorAlert(
            about=about,
            kind="held",
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


def _forget_resolved(site: Site, about: Sequence[str], alerts: Sequence[OperatorAlert]) -> None:
    """Forget the alerts about subjects that are well again, so that a new problem is reported."""
    resolved = set(about) - {alert.about for alert in alerts}
    try:
        with site.database.transaction() as connection:
            for subject in sorted(resolved):
                operator_alerts.forget(connection, subject)
    except NewsletterError as error:
        log.warning("cannot note that alerts are resolved: %s", error)


def _write(site: Site, alerts: Sequence[OperatorAlert], now: datetime) -> None:
    for alert in alerts:
        try:
            with site.database.transaction() as connection:
                if not operator_alerts.claim(connection, alert.about, alert.kind, now):
                    continue
            _post(site, alert, now)
        except NewsletterError as error:
            log.warning("cannot write to the operators: %s", error)


def _post(site: Site, alert: OperatorAlert, now: datetime) -> None:
    """Write to every operator; if none could be reached, the next run tries again."""
    reached = 0
    try:
        for address in site.settings.operators.mail:
            try:
                _post_to(site, address, alert, now)
                reached += 1
            except NewsletterError as error:
                log.warning("cannot write to %s: %s", address, error)
    finally:
        if not reached:
            with site.database.transaction() as connection:
                operator_alerts.forget(connection, alert.about)


def _post_to(site: Site, address: str, alert: OperatorAlert, now: datetime) -> None:
    # Most runs write no letter, and need not load what writes and posts one.
    from newsletter.pipeline.sign_in import site_title
    from newsletter.site.letters import LetterContent, post_letter

    title = site_title(site)
    letter = LetterContent(
        template="trouble",
        words={
            "title": title,
            "about": alert.about,
            "said": alert.message,
            "fix": alert.fix,
            "folder": str(site.folder.resolve()),
            "url": site.settings.site.url,
        },
        subject=f"{title} needs attention: {alert.message}",
        to_address=address,
    )
    post_letter(site, next(iter(site.settings.newsletters)), letter, now=now)
