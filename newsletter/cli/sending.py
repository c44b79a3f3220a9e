"""send, run, unknown: deliver issues, and report or settle the outcome."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from newsletter.cli.interruption import interruptible, leave_at_once
from newsletter.cli.invocation import (
    Invocation,
    issue_argument,
    json_option,
    now_option,
    pass_invocation,
    processes_option,
)
from newsletter.cli.status import job_document, waiting_document, waiting_words
from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import State
from newsletter.result_codes import FINDINGS, OK, TEMPORARY, UNEXPECTED_ERROR, codes_of

# Each command imports what it needs when it runs, so that the others start quickly.
if TYPE_CHECKING:
    from newsletter.jobs.due_issue import RunOutcome
    from newsletter.jobs.run import RunReport
    from newsletter.pipeline.send import SendOutcome

log = logging.getLogger("newsletter")

_OPEN = (
    DeliveryState.PENDING,
    DeliveryState.CLAIMED,
    DeliveryState.TRANSMITTING,
    DeliveryState.DEFERRED,
)
_FAILED = (DeliveryState.REJECTED, DeliveryState.UNKNOWN, DeliveryState.EXPIRED)


@click.command()
@issue_argument
@click.option("--dry-run", is_flag=True, help="Write the messages and count; change nothing.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="With --dry-run: the folder for the .eml files.",
)
@processes_option
@json_option
@now_option
@pass_invocation
def send(
    invocation: Invocation,
    issue: tuple[str, int | None],
    dry_run: bool,
    out: Path | None,
    processes: int | None,
) -> int:
    """Deliver an approved issue to each reader once; run it again to resume or retry.

    \b
    Example: newsletter send weekly
             newsletter send weekly --dry-run --out rehearsal
    """
    from newsletter.pipeline.dry_run import dry_run_send
    from newsletter.pipeline.send import send as send_issue

    if out is not None and not dry_run:
        raise click.UsageError("--out needs --dry-run")
    site = invocation.site
    site.newsletter(issue[0])
    if dry_run:
        count = dry_run_send(site, *issue, out=out, now=invocation.now)
        invocation.answer(
            {
                "issue": count.issue,
                "audience": count.audience,
                "editions": count.editions,
                "segment": count.segment or None,
                "waves": [
                    {"not_before": wave.not_before.isoformat(), "messages": wave.messages}
                    for wave in count.waves
                ],
            },
            f"{count.issue}: {count.audience} messages in {count.editions} editions, nothing sent",
            *[f"  {wave.not_before:%Y-%m-%d %H:%M} UTC: {wave.messages}" for wave in count.waves],
        )
        return OK
    with interruptible() as interrupted, _progress_bar(invocation) as progress:
        outcome = send_issue(
            site,
            *issue,
            clock=invocation.clock,
            interrupted=interrupted,
            progress=progress,
            processes=processes,
        )
    _log_outcome(outcome)
    invocation.report(_outcome_document(outcome), _outcome_line(outcome))
    return _outcome_code(outcome)


@click.command()
@json_option
@now_option
@pass_invocation
def run(invocation: Invocation) -> int:
    """Gather, draft, approve by policy and send every due newsletter; call it from cron.

    \b
    Example, in a crontab: */15 * * * * newsletter -C /srv/news run
    """
    from newsletter.jobs.operators import watched_run
    from newsletter.jobs.supervisor import Supervisor

    with interruptible() as interrupted:
        supervisor = Supervisor(
            invocation.site.database, invocation.clock, interrupted, invocation.pause
        )
        report = watched_run(invocation.site, supervisor)
    for outcome in report.newsletters:
        if outcome.sent is not None:
            _log_outcome(outcome.sent)
    invocation.report(
        {
            "newsletters": [_run_document(outcome) for outcome in report.newsletters],
            "jobs": [job_document(run.outcome) for run in report.others],
        },
        *[_run_line(outcome) for outcome in report.newsletters],
    )
    code = _report_code(report)
    if supervisor.has_abandoned_any:
        leave_at_once(code)
    return code


@click.command()
@issue_argument
@click.option("--resend", "choice", flag_value="resend", help="Send them again.")
@click.option("--skip", "choice", flag_value="skip", help="Do not send them again.")
@json_option
@now_option
@pass_invocation
def unknown(
    invocation: Invocation, issue: tuple[str, int | None], choice: Literal["resend", "skip"] | None
) -> int:
    """List deliveries whose outcome a crash left unknown, or settle them.

    \b
    Example: newsletter unknown weekly/12 --resend && newsletter send weekly/12
    """
    from newsletter.pipeline.settle_unknown import settle, unknown_deliveries

    site = invocation.site
    if choice is None:
        rows = unknown_deliveries(site, *issue)
        invocation.answer(
            {"unknown": rows}, *[f"{row['address']} since {row['since']}" for row in rows]
        )
        return FINDINGS if rows else OK
    settled = settle(site, *issue, choice=choice, now=invocation.now)
    invocation.report({"settled": settled}, f"{settled} settled: {choice}")
    return OK


@contextmanager
def _progress_bar(invocation: Invocation) -> Iterator[Any]:
    """A callback that shows progress as a bar if stderr is a terminal; otherwise None."""
    if invocation.as_json or not sys.stderr.isatty():
        yield None
        return
    # Only a terminal shows the bar, so only then is its library imported.
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("sending"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as bar:
        task = bar.add_task("sending", total=None)

        def count(more: int) -> None:
            bar.advance(task, more)

        yield count


def _log_outcome(outcome: SendOutcome) -> None:
    name = outcome.issue.name
    if outcome.report and outcome.report.paused:
        log.error("%s: paused: %s", name, outcome.report.paused)
    for state in _FAILED:
        if outcome.counts.get(state, 0):
            log.warning("%s: %d %s", name, outcome.counts[state], state)
    unsent = _unsent(outcome)
    if unsent:
        log.warning("%s: %d still to be sent; run it again", name, unsent)
    if outcome.waiting and outcome.issue.state is State.SENDING:
        log.info("%s: %s", name, waiting_words(outcome.waiting))


def _unsent(outcome: SendOutcome) -> int:
    """How many deliveries could have gone and have not."""
    waits = outcome.waiting.count if outcome.waiting else 0
    return sum(outcome.counts.get(state, 0) for state in _OPEN) - waits


def _outcome_code(outcome: SendOutcome) -> int:
    if _unsent(outcome):
        return TEMPORARY
    return FINDINGS if any(outcome.counts.get(state, 0) for state in _FAILED) else OK


def _outcome_document(outcome: SendOutcome) -> dict[str, Any]:
    return {
        "issue": outcome.issue.name,
        "state": outcome.issue.state,
        "audience": outcome.audience,
        "deliveries": {state: outcome.counts.get(state, 0) for state in DeliveryState},
        "seconds": round(outcome.report.seconds, 3) if outcome.report else 0,
        "paused": outcome.report.paused if outcome.report else "",
        "waiting": waiting_document(outcome.waiting),
    }


def _outcome_line(outcome: SendOutcome) -> str:
    counts = ", ".join(f"{count} {state}" for state, count in outcome.counts.items() if count)
    waits = f"; {waiting_words(outcome.waiting)}" if outcome.waiting else ""
    return f"{outcome.issue.name} is {outcome.issue.state}: {counts or 'nobody to send to'}{waits}"


def _run_line(outcome: RunOutcome) -> str:
    waits = outcome.sent.waiting if outcome.sent else None
    line = f"{outcome.newsletter}: {outcome.did}"
    return f"{line}: {waiting_words(waits)}" if waits else line


def _run_document(outcome: RunOutcome) -> dict[str, Any]:
    return {
        "newsletter": outcome.newsletter,
        "did": outcome.did,
        "result": outcome.result,
        "issue": outcome.issue,
        "problem": str(outcome.problem) if outcome.problem else None,
        "send": _outcome_document(outcome.sent) if outcome.sent else None,
    }


def _report_code(report: RunReport) -> int:
    """An unexpected error outweighs every other outcome; the report lists them all."""
    if report.crashed:
        return UNEXPECTED_ERROR
    return max((_run_code(outcome) for outcome in report.newsletters), default=OK)


def _run_code(outcome: RunOutcome) -> int:
    if outcome.problem is not None:
        return codes_of(outcome.problem).exit_code
    from newsletter.jobs.due_issue import RunResult

    if outcome.result in (RunResult.INTERRUPTED, RunResult.BUSY):
        return TEMPORARY
    return _outcome_code(outcome.sent) if outcome.sent else OK
