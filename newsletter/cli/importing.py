"""subscribers import: put the people in a file on a list."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypedDict, Unpack

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from newsletter.cli.invocation import Invocation, json_option, now_option, pass_invocation
from newsletter.errors import InputError
from newsletter.pipeline.flush_letters import flush
from newsletter.pipeline.import_people import import_people
from newsletter.result_codes import FINDINGS, OK
from subscribers.importing.layouts import NAMED
from subscribers.importing.options import ImportOptions
from subscribers.importing.report import ImportReport, Rejected
from subscribers.subscriber import Status

log = logging.getLogger("newsletter")

REJECTED_IN_JSON = 1000
"""Rejected rows that a JSON answer names; stderr names all of them."""

list_option = click.option("--list", "list_slug", required=True, metavar="LIST", help="The list.")


class _Choices(TypedDict):
    """The command's options, as click passes them."""

    list_slug: str
    mapping: tuple[str, ...]
    layout: str | None
    dry_run: bool
    confirm: bool
    left: bool
    force: bool
    consent: str


@click.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@list_option
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="COLUMN=HEADER",
    help="The file's header for the column email, name, tags, status, time_zone or mail_format, such as email=Mail.",
)
@click.option(
    "--from",
    "layout",
    type=click.Choice(sorted(NAMED)),
    help="The tool that wrote the file.  [default: recognised by its header]",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Show what each status in the file would become; change nothing.",
)
@click.option("--confirm", is_flag=True, help="Ask each newcomer first, by mail.")
@click.option(
    "--left", is_flag=True, help="These people left: unsubscribe them, and keep them off."
)
@click.option("--force", is_flag=True, help="Bring back people who left; needs --consent.")
@click.option("--consent", default="", help="How they agreed to be brought back; kept on record.")
@json_option
@now_option
@pass_invocation
def import_file(invocation: Invocation, file: Path, **choices: Unpack[_Choices]) -> int:
    """Put the people in a file on a list: CSV (email,name,tags), addresses, or a tool's export.

    An export's statuses are kept: people who left, bounced, complained or never confirmed there
    are not mailed. People who left, were suppressed or were erased here are rejected, and stderr
    names them. With --left, the file holds people who left another tool's list.

    \b
    Example: newsletter subscribers import people.csv --list weekly
             newsletter subscribers import members.csv --list weekly --from ghost --dry-run
    """
    options = _import_options(file, invocation.now, choices)
    try:
        with _progress_bar(file, invocation) as progress:
            report, asked = import_people(
                invocation.site, file, options, on_rejected=_log_rejected, progress=progress
            )
    except OSError as error:
        raise InputError(
            f"cannot read it: {error.strerror}", file=str(file), fix="name a readable CSV file"
        ) from error
    if not options.dry_run:
        _send_letters(invocation)
    invocation.report(
        _import_document(report, options, asked), *_import_lines(report, dry_run=options.dry_run)
    )
    return FINDINGS if report.rejected_count else OK


def _import_options(file: Path, now: datetime, choices: _Choices) -> ImportOptions:
    if choices["force"] and not choices["consent"]:
        raise click.UsageError("--force needs --consent: say how they agreed to come back")
    if choices["left"] and (choices["force"] or choices["confirm"]):
        raise click.UsageError("--left takes people off the list: neither --force nor --confirm")
    return ImportOptions(
        list_slug=choices["list_slug"],
        source_name=file.name,
        now=now,
        mapping=_mapping(choices["mapping"]),
        layout=choices["layout"] or "",
        dry_run=choices["dry_run"],
        confirm=choices["confirm"],
        left=choices["left"],
        force=choices["force"],
        consent=choices["consent"],
    )


def _send_letters(invocation: Invocation) -> None:
    """Send the letters in the outbox. After any error they wait there, and the import stands."""
    try:
        flush(invocation.site, invocation.clock)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # a panic in a library written in Rust is not an Exception
        log.exception("unexpected error: letters wait in the outbox, and are sent later")


def _import_document(report: ImportReport, options: ImportOptions, asked: int) -> dict[str, object]:
    return {
        "list": options.list_slug,
        "from": report.layout,
        "dry_run": options.dry_run,
        "statuses": {status: report.statuses[status] for status in Status},
        "said": [
            {"said": source_status, "becomes": status, "rows": rows}
            for (source_status, status), rows in sorted(report.source_statuses.items())
        ],
        "added": report.added,
        "asked": asked,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "rejected": report.rejected_count,
        "rejected_rows": [
            {"line": row.line, "address": row.address, "reason": row.reason}
            for row in report.rejected[:REJECTED_IN_JSON]
        ],
    }


def _import_lines(report: ImportReport, *, dry_run: bool) -> list[str]:
    would = "would be " * dry_run
    lines = [
        f"{report.added} {would}added, {report.updated} updated, {report.unchanged} unchanged, "
        f"{report.rejected_count} rejected"
    ]
    if any(source_status for source_status, _ in report.source_statuses):
        lines += [
            f"  {source_status or 'no status given'}: {rows} {status}"
            for (source_status, status), rows in sorted(report.source_statuses.items())
        ]
    return lines


@contextmanager
def _progress_bar(file: Path, invocation: Invocation) -> Iterator[Callable[[int], None] | None]:
    """A bar that shows how much of the file is imported, or None if stderr is not a terminal."""
    if invocation.as_json or not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("importing"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("importing", total=file.stat().st_size)
        yield lambda position: bar.update(task, completed=position)


def _mapping(pairs: tuple[str, ...]) -> dict[str, str]:
    mapping = {}
    for pair in pairs:
        column, equals, header = pair.partition("=")
        if not equals:
            raise click.BadParameter(f"{pair!r} is not COLUMN=HEADER", param_hint="--map")
        mapping[column] = header
    return mapping


def _log_rejected(row: Rejected) -> None:
    log.warning("line %d: %s: %s", row.line, row.address, row.reason)
