"""status: the site's issues, their deliveries, and what else the site does."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from newsletter.cli.invocation import (
    Invocation,
    json_option,
    now_option,
    pass_invocation,
    split_issue,
)
from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.wording import note_text
from newsletter.plural import counted
from newsletter.result_codes import OK

# `run` imports this module for `job_document` alone.
if TYPE_CHECKING:
    from newsletter.issues.reasons import FailedSource
    from newsletter.pipeline.status import IssueStatus, SiteStatus
    from newsletter.site.clicks import Clicks
    from newsletter.store.dated_letters import DatedLetter, ReaderCounts
    from newsletter.store.job_outcomes import JobOutcome
    from newsletter.store.ledger import Waiting, Wave
    from newsletter.store.nodes import Node


@click.command()
@click.argument("issue", metavar="[ISSUE]", required=False, callback=split_issue)
@click.option("--recount", is_flag=True, help="Count the issue's deliveries again, one by one.")
@click.option(
    "--who",
    type=click.Choice([state.value for state in DeliveryState]),
    help="List the issue's readers whose delivery is in this state, each with the last receipt.",
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
    """Show issues with their deliveries by state, due newsletters, jobs and sending nodes.

    \b
    Example: newsletter status weekly/12
             newsletter status weekly/12 --who rejected --csv
    """
    from newsletter.pipeline.status import issue_status, recount_deliveries, site_status
    from newsletter.store.issues import find_issue

    site = invocation.site
    if issue is None and (recount or who):
        raise click.UsageError("--recount and --who need an ISSUE")
    if as_csv and (who is None or invocation.as_json):
        raise click.UsageError("--csv needs --who, and cannot be combined with --json")
    if issue is None:
        found = site_status(site, now=invocation.now)
        invocation.answer(_site_document(found), *_site_lines(found))
        return OK
    slug, number = issue
    site.newsletter(slug)
    with site.database.transaction(read_only=True) as connection:
        chosen = find_issue(connection, slug, number)
    if recount:
        recount_deliveries(site, chosen)
    if who is not None:
        from newsletter.cli.recipients import list_recipients

        list_recipients(invocation, chosen, DeliveryState(who), as_csv=as_csv)
        return OK
    from newsletter.cli.audience import selection_document, selection_lines
    from newsletter.pipeline.reader_view import selected_audience

    counted = issue_status(site, chosen, now=invocation.now)
    size = selected_audience(site, chosen, now=invocation.now)
    document = {
        **_issue_document(counted),
        "waves": [_wave_document(wave) for wave in counted.waves],
        "selection": selection_document(size),
    }
    waves = [_wave_line(wave) for wave in counted.waves]
    invocation.answer(document, _issue_line(counted), *waves, *selection_lines(size))
    return OK


def _site_document(found: SiteStatus) -> dict[str, Any]:
    return {
        "issues": [_issue_document(issue) for issue in found.issues],
        "due": list(found.due),
        "armed": found.armed,
        "nodes": [asdict(node) for node in found.nodes],
        "letters": asdict(found.letters),
        "dated_letters": [dated_letter_document(*one) for one in found.dated_letters],
        "jobs": [job_document(outcome) for outcome in found.jobs],
        "failed_sources": [
            {"newsletter": slug, **failed_source_document(source)}
            for slug, sources in found.failed_sources.items()
            for source in sources
        ],
    }


def _site_lines(found: SiteStatus) -> list[str]:
    lines = [_issue_line(issue) for issue in found.issues] or ["no issues yet"]
    lines += [f"due: {', '.join(found.due)}"] if found.due else []
    lines += [_node_line(node) for node in found.nodes]
    if found.letters.waiting or found.letters.unknown:
        lines.append(
            f"letters: {found.letters.waiting} waiting, {found.letters.unknown} of unknown outcome"
        )
    lines += [dated_letter_line(*one) for one in found.dated_letters]
    lines += [f"{job.job}: {job.ended}: {job.error}" for job in found.jobs if job.is_troubled]
    lines += [
        f"{slug}: {failed_source_line(source)}"
        for slug, sources in found.failed_sources.items()
        for source in sources
    ]
    lines += [] if found.armed else ["not armed: restored from a backup; see `newsletter arm`"]
    return lines


def dated_letter_document(letter: DatedLetter, counts: ReaderCounts) -> dict[str, Any]:
    """A dated letter and how many readers it reached, in the shape of `status --json`."""
    return {
        "letter": letter.name,
        "days": letter.version.days,
        "subject": letter.version.subject,
        "readers": {state.value: count for state, count in counts.by_state.items()},
    }


def dated_letter_line(letter: DatedLetter, counts: ReaderCounts) -> str:
    """The same in words."""
    more = [
        f"{count:,} {what}"
        for count, what in (
            (counts.refused, "refused or given up"),
            (counts.unknown, "of unknown outcome"),
        )
        if count
    ]
    said = ", ".join(
        [
            f"{counts.sent:,} sent",
            f"{counts.waiting:,} waiting",
            f"{counts.skipped:,} skipped",
            *more,
        ]
    )
    return f"{letter.name}, day {letter.version.days}, {letter.version.subject}: {said}"


def failed_source_document(source: FailedSource) -> dict[str, Any]:
    """A source that cannot be read, in the shape of `status --json` and `show --json`."""
    return {
        "source": source.name,
        "since": source.since.isoformat(),
        "problem": source.problem,
    }


def failed_source_line(source: FailedSource) -> str:
    """The same in words."""
    return f"{source.name} cannot be read since {source.since:%Y-%m-%d %H:%M} UTC: {source.problem}"


def job_document(outcome: JobOutcome) -> dict[str, Any]:
    """How a job ended, in the shape of `run --json` and `status --json`."""
    return {
        "job": outcome.job,
        "ended": outcome.ended,
        "started": outcome.started_at.isoformat(),
        "finished": outcome.finished_at.isoformat(),
        "detail": outcome.detail,
        "error": outcome.error or None,
    }


def _issue_document(status: IssueStatus) -> dict[str, Any]:
    window = status.issue.window
    return {
        "issue": status.issue.name,
        "state": status.issue.state,
        "window": {"start": window.start.isoformat(), "end": window.end.isoformat()},
        "due": status.issue.due.isoformat(),
        "send_at": status.issue.send_at.isoformat() if status.issue.send_at else None,
        "note": note_text(status.issue.note),
        "audience": status.audience,
        "deliveries": status.deliveries,
        "clicks": _clicks_document(status.clicks) if status.clicks else None,
        "waiting": waiting_document(status.waiting),
    }


def waiting_document(waiting: Waiting | None) -> dict[str, Any] | None:
    """What waits for its readers' hour, in the shape of `status --json` and `send --json`."""
    return {"count": waiting.count, "until": waiting.until.isoformat()} if waiting else None


def waiting_words(waiting: Waiting) -> str:
    """The same in words."""
    wait = "waits" if waiting.count == 1 else "wait"
    return (
        f"{counted(waiting.count, 'message')} {wait} for the hour of the readers' own day, "
        f"the next from {waiting.until:%Y-%m-%d %H:%M} UTC on"
    )


def _wave_document(wave: Wave) -> dict[str, Any]:
    return {
        "not_before": wave.not_before.isoformat(),
        "zones": list(wave.zones),
        "planned": wave.planned,
        "accepted": wave.accepted,
        "left": wave.left,
    }


def _wave_line(wave: Wave) -> str:
    zones = [zone or "the site's own time zone" for zone in wave.zones]
    more = f" and {len(zones) - 3} more" if len(zones) > 3 else ""
    return (
        f"  {wave.not_before:%Y-%m-%d %H:%M} UTC: {wave.planned} planned, {wave.accepted} accepted, "
        f"{wave.left} left: {', '.join(zones[:3])}{more}"
    )


def _clicks_document(clicks: Clicks) -> dict[str, Any]:
    return {
        "total": clicks.total,
        "links": [{"url": link.url, "count": link.count} for link in clicks.links],
    }


def _node_line(node: Node) -> str:
    holds = ", ".join(f"{held.deliveries} of {held.issue}" for held in node.holds)
    return f"node {node.name}: {node.rate:g} messages/s" + (f", holds {holds}" if holds else "")


def _issue_line(status: IssueStatus) -> str:
    counts = ", ".join(f"{count} {state}" for state, count in status.deliveries.items() if count)
    note = f" ({note_text(status.issue.note)})" if status.issue.note else ""
    clicks = f"; {counted(status.clicks.total, 'click')}" if status.clicks else ""
    waits = f"; {waiting_words(status.waiting)}" if status.waiting else ""
    return f"{status.issue.name}: {status.issue.state}{note}" + (
        f": {status.audience} readers: {counts}{clicks}{waits}" if counts else ""
    )
