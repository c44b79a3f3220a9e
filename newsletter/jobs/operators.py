"""The operators hear of every run: by a dead man's switch, and by a letter when it needs a look."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.articles.fetch import WebDoor
from newsletter.errors import NewsletterError, TemporaryError
from newsletter.issues.reasons import StateReason
from newsletter.jobs.due_issue import RunOutcome, RunResult
from newsletter.jobs.job import Job, JobRun
from newsletter.jobs.run import RunReport, run, serve_due
from newsletter.jobs.supervisor import Supervisor
from newsletter.pipeline.letters import post_letter
from newsletter.pipeline.sign_in import site_title
from newsletter.pipeline.site import Site
from newsletter.store import troubles
from newsletter.store.job_outcomes import Ended

log = logging.getLogger("newsletter")

PING_TIMEOUT = timedelta(seconds=10)
"""A switch that does not answer must not hold up the issue."""

TELLING = timedelta(seconds=30)
"""For all that the operators are told at once."""

REPORT = "the log has the whole of it; report it to the makers of newsletter"

MAX_BODY = 10_000
"""Characters of a summary: what such services keep."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """Something a person has to look at. `kind` stays the same while the trouble lasts."""

    about: str
    kind: str
    said: str
    fix: str


def watched_run(site: Site, supervisor: Supervisor) -> RunReport:
    """`run`, of which the operators hear; that they cannot be reached never stops it."""
    return _watched(site, supervisor, run)


def watched_due(site: Site, supervisor: Supervisor) -> RunReport:
    """`serve_due`, of which the operators hear in the same way."""
    return _watched(site, supervisor, serve_due)


def _watched(
    site: Site, supervisor: Supervisor, work: Callable[[Site, Supervisor], RunReport]
) -> RunReport:
    if site.settings.operators.ping_url is not None:
        _supervised(supervisor, "switch", lambda: _ping(site, "/start", ""))
    try:
        report = work(site, supervisor)
    except Exception as error:
        crash = _trouble("run", error, fix=REPORT)
        _supervised(supervisor, "switch", lambda: _ping(site, "/fail", crash.said))
        _supervised(supervisor, "letters", lambda: _write(site, [crash], supervisor.clock()))
        raise
    found = [trouble for outcome in report.newsletters if (trouble := trouble_of(outcome))]
    found += [trouble for run in report.others if (trouble := trouble_of_job(run))]
    if site.settings.operators.ping_url is not None:
        said = summary(report.newsletters, found)
        _supervised(supervisor, "switch", lambda: _ping(site, "/fail" if found else "", said))
    ours = [one.newsletter for one in report.newsletters if one.result is not RunResult.BUSY]
    _tell(site, supervisor, ["run", *ours, *_finished(report.others)], found)
    return report


def tell_of_jobs(site: Site, supervisor: Supervisor, runs: Sequence[JobRun]) -> None:
    """Write to the operators about jobs that ran by themselves and need a look."""
    found = [trouble for run in runs if (trouble := trouble_of_job(run))]
    _tell(site, supervisor, _finished(runs), found)


def _finished(runs: Sequence[JobRun]) -> list[str]:
    """The jobs of which we know how they ended."""
    return [run.outcome.job for run in runs if run.outcome.ended is not Ended.ELSEWHERE]


def _tell(
    site: Site, supervisor: Supervisor, about: Sequence[str], found: Sequence[Trouble]
) -> None:
    def tell() -> None:
        _forget_others(site, about, found)
        _write(site, found, supervisor.clock())

    if site.settings.operators.mail:
        _supervised(supervisor, "letters", tell)


def _supervised(supervisor: Supervisor, what: str, tell: Callable[[], None]) -> None:
    """Tell behind a wall: a switch or a relay that hangs or breaks holds up no issue."""
    supervisor.run(Job(name=f"operators:{what}", do=lambda _stop: tell(), budget=TELLING))


def trouble_of(outcome: RunOutcome) -> Trouble | None:
    """What needs a look in this outcome, or None."""
    about, paused = outcome.newsletter, outcome.sent and outcome.sent.report
    if outcome.result is RunResult.OVERRAN:
        return _hanging(about)
    if isinstance(outcome.problem, TemporaryError):
        return None  # another run is at work, or the next one will do
    if outcome.problem is not None:
        return _trouble(about, outcome.problem, fix=f"newsletter status {about}")
    if paused and paused.paused:
        return Trouble(
            about=about,
            kind="paused",
            said=f"{outcome.issue} is not sent in full: {paused.paused}",
            fix="mend the relay; the next run goes on where this one left off",
        )
    if outcome.note is not None and outcome.note.kind is StateReason.LATE:
        return Trouble(
            about=about,
            kind="held",
            said=f"{outcome.issue} is {outcome.did}",
            fix=f"newsletter approve {outcome.issue}, or wait: its articles go out with the next",
        )
    return None


def trouble_of_job(run: JobRun) -> Trouble | None:
    """What needs a look in the end of a job that serves no newsletter, or None."""
    if run.outcome.ended is Ended.OVERRAN:
        return _hanging(run.outcome.job)
    if run.error is None or isinstance(run.error, TemporaryError):
        return None  # the next run will do
    return _trouble(run.outcome.job, run.error, fix="the log has the whole of it")


def _hanging(about: str) -> Trouble:
    return Trouble(
        about=about,
        kind="overran",
        said=f"{about} did not stop when it was asked to",
        fix="if it does not end by itself, restart the process; what is left is then done",
    )


def _trouble(about: str, error: BaseException, *, fix: str) -> Trouble:
    if isinstance(error, NewsletterError):
        problem = error.problem
        kind = f"{error.code} {problem.field or ''}".strip()
        return Trouble(about=about, kind=kind, said=problem.message, fix=problem.fix or fix)
    return Trouble(
        about=about,
        kind=type(error).__name__,
        said=f"{about} ended with an error that nobody foresaw: {type(error).__name__}: {error}",
        fix=REPORT,
    )


def summary(outcomes: Sequence[RunOutcome], troubles: Sequence[Trouble]) -> str:
    """What happened, a line for each newsletter, and what to do."""
    lines = [f"{outcome.newsletter}: {outcome.did}{_counts(outcome)}" for outcome in outcomes]
    lines += [f"{trouble.about}: {trouble.said}. Do: {trouble.fix}" for trouble in troubles]
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
        async with WebDoor(limits) as door:
            headers = {"Content-Type": "text/plain; charset=utf-8"}
            return await door.post(url + suffix, body.encode(), headers)

    try:
        status = asyncio.run(post())
    except NewsletterError as error:
        log.warning("operators.ping_url: %s", error)
        return
    if status >= 300:
        log.warning("operators.ping_url: %s answers %d", url + suffix, status)


def _forget_others(site: Site, about: Sequence[str], found: Sequence[Trouble]) -> None:
    """What was told of these and is over will be told anew, should it come back."""
    well = set(about) - {trouble.about for trouble in found}
    try:
        with site.database.transaction() as connection:
            for subject in sorted(well):
                troubles.forget(connection, subject)
    except NewsletterError as error:
        log.warning("cannot note that all is well: %s", error)


def _write(site: Site, found: Sequence[Trouble], now: datetime) -> None:
    for trouble in found:
        try:
            with site.database.transaction() as connection:
                if not troubles.claim(connection, trouble.about, trouble.kind, now):
                    continue
            _post(site, trouble, now)
        except NewsletterError as error:
            log.warning("cannot write to the operators: %s", error)


def _post(site: Site, trouble: Trouble, now: datetime) -> None:
    """Write to every operator; when none could be, the next run tries again."""
    reached = 0
    try:
        for address in site.settings.operators.mail:
            try:
                _post_to(site, address, trouble, now)
                reached += 1
            except NewsletterError as error:
                log.warning("cannot write to %s: %s", address, error)
    finally:
        if not reached:
            with site.database.transaction() as connection:
                troubles.forget(connection, trouble.about)


def _post_to(site: Site, address: str, trouble: Trouble, now: datetime) -> None:
    title = site_title(site)
    post_letter(
        site,
        next(iter(site.settings.newsletters)),
        "trouble",
        {
            "title": title,
            "about": trouble.about,
            "said": trouble.said,
            "fix": trouble.fix,
            "folder": str(site.folder.resolve()),
            "url": site.settings.site.url,
        },
        subject=f"{title} needs a look: {trouble.said}",
        to_address=address,
        now=now,
    )
