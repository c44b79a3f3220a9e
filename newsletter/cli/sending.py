"""send, run, status, unknown: deliver, and say what became of it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from newsletter.cli.exit_codes import FINDINGS, OK, TEMPORARY, UNFORESEEN, exit_code
from newsletter.cli.interruption import interruptible, leave_at_once
from newsletter.cli.invocation import (
    Invocation,
    issue_argument,
    json_option,
    now_option,
    pass_invocation,
    processes_option,
    split_issue,
)
from newsletter.cli.recipients import list_recipients
from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.wording import note_text

# What sends is imported by the command that sends: `status` starts without it.
if TYPE_CHECKING:
    from newsletter.jobs.due_issue import RunOutcome
    from newsletter.jobs.run import RunReport
    from newsletter.pipeline.clicks import Clicks
    from newsletter.pipeline.send import SendOutcome
    from newsletter.pipeline.status import IssueStatus
    from newsletter.store.job_outcomes import JobOutcome
    from newsletter.store.nodes import Node

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
    """Deliver an approved issue, each reader once; run it again to resume or retry.

    \b
    Example: newsletter send weekly
             newsletter send weekly --dry-run --out rehearsal
    """
    from newsletter.pipeline.rehearse import rehearse
    from newsletter.pipeline.send import send as send_issue

    if out is not None and not dry_run:
        raise click.UsageError("--out goes with --dry-run")
    site = invocation.site
    site.newsletter(issue[0])
    if dry_run:
        count = rehearse(site, *issue, out=out, now=invocation.now)
        invocation.answer(
            {"issue": count.issue, "audience": count.audience, "editions": count.editions},
            f"{count.issue}: {count.audience} messages in {count.editions} editions, nothing sent",
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
    """What cron calls: every due newsletter goes gather, draft, approve by policy, send.

    \b
    Example, in a crontab: */15 * * * * newsletter -C /srv/news run
    """
    from newsletter.jobs.operators import watched_run
    from newsletter.jobs.supervisor import Supervisor

    with interruptible() as interrupted:
        supervisor = Supervisor(invocation.site.database, invocation.clock, interrupted)
        report = watched_run(invocation.site, supervisor)
    for outcome in report.newsletters:
        if outcome.sent is not None:
            _log_outcome(outcome.sent)
    invocation.report(
        {
            "newsletters": [_run_document(outcome) for outcome in report.newsletters],
            "jobs": [_job_document(run.outcome) for run in report.others],
        },
        *[f"{outcome.newsletter}: {outcome.did}" for outcome in report.newsletters],
    )
    code = _report_code(report)
    if supervisor.has_left_any:
        leave_at_once(code)
    return code


@click.command()
@click.argument("issue", metavar="[ISSUE]", required=False, callback=split_issue)
@click.option("--recount", is_flag=True, help="First count the issue's deliveries one by one.")
@click.option(
    "--who",
    type=click.Choice([state.value for state in DeliveryState]),
    help="List the issue's readers whose delivery stands so, each with the last receipt.",
)
@click.option("--csv", "as_csv", is_flag=True, help="With --who: as CSV on stdout.")
@json_option
@now_option
@pass_invocation
def status(
    invocation: Invocation,
    issue: tuple[str, int | None] | None,
    recount: bool,
    who: str | None,
    as_csv: bool,
) -> int:
    """Show issues with their deliveries by state, what is due, what is unknown, and sending nodes.

    \b
    Example: newsletter status weekly/12
             newsletter status weekly/12 --who rejected --csv
    """
    from newsletter.pipeline.status import count_anew, issue_status, site_status
    from newsletter.store.issues import find_issue

    site = invocation.site
    if issue is None and (recount or who):
        raise click.UsageError("--recount and --who need an ISSUE")
    if as_csv and (who is None or invocation.as_json):
        raise click.UsageError("--csv needs --who, and no --json")
    if issue is None:
        seen = site_status(site, now=invocation.now)
        document = {
            "issues": [_status_document(one) for one in seen.issues],
            "due": list(seen.due),
            "armed": seen.armed,
            "nodes": [asdict(node) for node in seen.nodes],
            "letters": asdict(seen.letters),
            "jobs": [_job_document(outcome) for outcome in seen.jobs],
        }
        lines = [_status_line(one) for one in seen.issues] or ["no issues yet"]
        lines += [f"due: {', '.join(seen.due)}"] if seen.due else []
        lines += [_node_line(node) for node in seen.nodes]
        if seen.letters.waiting or seen.letters.unknown:
            lines.append(
                f"letters: {seen.letters.waiting} waiting, {seen.letters.unknown} of unknown outcome"
            )
        lines += [f"{one.job}: {one.ended}: {one.error}" for one in seen.jobs if one.is_troubled]
        lines += [] if seen.armed else ["not armed: restored from a backup; see `newsletter arm`"]
        invocation.answer(document, *lines)
        return OK
    slug, number = issue
    site.newsletter(slug)
    with site.database.transaction(read_only=True) as connection:
        found = find_issue(connection, slug, number)
    if recount:
        count_anew(site, found)
    if who is not None:
        list_recipients(invocation, found, DeliveryState(who), as_csv=as_csv)
        return OK
    one = issue_status(site, found)
    invocation.answer(_status_document(one), _status_line(one))
    return OK


@click.command()
@issue_argument
@click.option("--resend", "choice", flag_value="resend", help="Send them again.")
@click.option("--skip", "choice", flag_value="skip", help="Leave it at that.")
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
    from newsletter.pipeline.settle import settle, unknown_deliveries

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
    """A callback that counts deliveries on a bar, on a terminal; None elsewhere."""
    if invocation.as_json or not sys.stderr.isatty():
        yield None
        return
    # Only a person at a terminal sees the bar: nothing else loads its library.
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
    waiting = sum(outcome.counts.get(state, 0) for state in _OPEN)
    if waiting:
        log.warning("%s: %d still to be sent; run it again", name, waiting)


def _outcome_code(outcome: SendOutcome) -> int:
    if any(outcome.counts.get(state, 0) for state in _OPEN):
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
    }


def _outcome_line(outcome: SendOutcome) -> str:
    counts = ", ".join(f"{count} {state}" for state, count in outcome.counts.items() if count)
    return f"{outcome.issue.name} is {outcome.issue.state}: {counts or 'nobody to send to'}"


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
    """An error that nobody foresaw outweighs whatever else happened: the others are in the report."""
    if report.crashed:
        return UNFORESEEN
    return max((_run_code(outcome) for outcome in report.newsletters), default=OK)


def _run_code(outcome: RunOutcome) -> int:
    if outcome.problem is not None:
        return exit_code(outcome.problem)
    from newsletter.jobs.due_issue import RunResult

    if outcome.result in (RunResult.INTERRUPTED, RunResult.BUSY):
        return TEMPORARY
    return _outcome_code(outcome.sent) if outcome.sent else OK


def _job_document(outcome: JobOutcome) -> dict[str, Any]:
    """How a job ended, in the shape of `run --json` and `status --json`."""
    return {
        "job": outcome.job,
        "ended": outcome.ended,
        "started": outcome.started_at.isoformat(),
        "finished": outcome.finished_at.isoformat(),
        "detail": outcome.detail,
        "error": outcome.error or None,
    }


def _status_document(one: IssueStatus) -> dict[str, Any]:
    window = one.issue.window
    return {
        "issue": one.issue.name,
        "state": one.issue.state,
        "window": {"start": window.start.isoformat(), "end": window.end.isoformat()},
        "due": one.issue.due.isoformat(),
        "send_at": one.issue.send_at.isoformat() if one.issue.send_at else None,
        "note": note_text(one.issue.note),
        "audience": one.audience,
        "deliveries": one.deliveries,
        "clicks": _clicks_document(one.clicks) if one.clicks else None,
    }


def _clicks_document(clicks: Clicks) -> dict[str, Any]:
    return {
        "total": clicks.total,
        "links": [{"url": link.url, "count": link.count} for link in clicks.links],
    }


def _node_line(node: Node) -> str:
    holds = ", ".join(f"{held.deliveries} of {held.issue}" for held in node.holds)
    return f"node {node.name}: {node.rate:g} messages/s" + (f", holds {holds}" if holds else "")


def _status_line(one: IssueStatus) -> str:
    counts = ", ".join(f"{count} {state}" for state, count in one.deliveries.items() if count)
    note = f" ({note_text(one.issue.note)})" if one.issue.note else ""
    clicks = f"; {one.clicks.total} clicks" if one.clicks else ""
    return f"{one.issue.name}: {one.issue.state}{note}" + (
        f": {one.audience} readers: {counts}{clicks}" if counts else ""
    )
