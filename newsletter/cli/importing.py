"""subscribers import: a file of people onto a list."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from newsletter.cli.exit_codes import FINDINGS, OK
from newsletter.cli.invocation import Invocation, json_option, now_option, pass_invocation
from newsletter.errors import InputError
from newsletter.pipeline.import_people import import_people
from newsletter.pipeline.reader_letters import flush
from subscribers.csv_file import ImportReport, Rejected
from subscribers.importing.layouts import NAMED
from subscribers.subscriber import Status

log = logging.getLogger("newsletter")

REJECTED_IN_JSON = 1000
"""Rejected rows that a JSON answer names; all are on stderr."""

list_option = click.option("--list", "list_slug", required=True, metavar="LIST", help="The list.")


@click.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@list_option
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="COLUMN=HEADER",
    help="Which header of the file stands for email, name, tags or status, such as email=Mail.",
)
@click.option(
    "--from",
    "layout",
    type=click.Choice(sorted(NAMED)),
    help="Whose export it is.  [default: told by its header]",
)
@click.option(
    "--dry-run", is_flag=True, help="Say what would become of each status; change nothing."
)
@click.option("--confirm", is_flag=True, help="Ask each newcomer first, by mail.")
@click.option("--left", is_flag=True, help="These people left: take them off, let none come back.")
@click.option("--force", is_flag=True, help="Bring back people who left; needs --consent.")
@click.option("--consent", default="", help="How they agreed to be brought back; kept on record.")
@json_option
@now_option
@pass_invocation
def import_file(
    invocation: Invocation,
    file: Path,
    list_slug: str,
    mapping: tuple[str, ...],
    layout: str | None,
    dry_run: bool,
    confirm: bool,
    left: bool,
    force: bool,
    consent: str,
) -> int:
    """Put everybody in a file on a list: CSV (email,name,tags), addresses, or another tool's export.

    An export's own words are kept to: who left there, bounced, complained or never confirmed is
    not mailed. People who left here, were suppressed or erased are rejected and named on stderr.
    With --left the file names people who left another tool's list.

    \b
    Example: newsletter subscribers import people.csv --list weekly
             newsletter subscribers import members.csv --list weekly --from ghost --dry-run
    """
    site = invocation.site
    if force and not consent:
        raise click.UsageError("--force needs --consent: say how they agreed to come back")
    if left and (force or confirm):
        raise click.UsageError("--left takes people off the list: neither --force nor --confirm")
    try:
        with file.open("rb") as rows, _progress_bar(rows, invocation) as progress:
            report, asked = import_people(
                site,
                rows,
                list_slug=list_slug,
                source_name=file.name,
                now=invocation.now,
                mapping=_mapping(mapping),
                layout=layout or "",
                dry_run=dry_run,
                confirm=confirm,
                left=left,
                force=force,
                consent=consent,
                on_rejected=_log_rejected,
                progress=progress,
            )
    except OSError as error:
        raise InputError(
            f"cannot read it: {error.strerror}", file=str(file), fix="name a readable CSV file"
        ) from error
    if not dry_run:
        flush(site, invocation.clock)
    invocation.report(
        {
            "list": list_slug,
            "from": report.layout,
            "dry_run": dry_run,
            "statuses": {status: report.statuses[status] for status in Status},
            "said": [
                {"said": said, "becomes": status, "rows": rows}
                for (said, status), rows in sorted(report.said.items())
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
        },
        *_import_lines(report, dry_run=dry_run),
    )
    return FINDINGS if report.rejected_count else OK


def _import_lines(report: ImportReport, *, dry_run: bool) -> list[str]:
    would = "would be " * dry_run
    lines = [
        f"{report.added} {would}added, {report.updated} updated, {report.unchanged} unchanged, "
        f"{report.rejected_count} rejected"
    ]
    if any(said for said, _ in report.said):
        lines += [
            f"  {said or 'nothing said'}: {rows} {status}"
            for (said, status), rows in sorted(report.said.items())
        ]
    return lines


@contextmanager
def _progress_bar(file: BinaryIO, invocation: Invocation) -> Iterator[Callable[[int], None] | None]:
    """How far into the file the import is; on a terminal only."""
    if invocation.as_json or not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("importing"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("importing", total=os.fstat(file.fileno()).st_size)
        yield lambda _rows: bar.update(task, completed=file.tell())


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
