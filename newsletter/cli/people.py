"""subscribers …: import, export, add, show, remove, suppress, erase, list."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from newsletter.articles.tags import Vocabulary
from newsletter.cli.exit_codes import FINDINGS, OK
from newsletter.cli.invocation import Invocation, json_option, now_option, pass_invocation
from newsletter.errors import InputError
from newsletter.pipeline.import_people import import_people
from newsletter.pipeline.lists import vocabulary_of
from newsletter.pipeline.own_data import erase
from newsletter.pipeline.post import flush
from newsletter.pipeline.recipients import show_person
from subscribers import people, suppression
from subscribers.csvfile import Rejected, export_subscribers
from subscribers.subscriber import Status

log = logging.getLogger("newsletter")

REJECTED_IN_JSON = 1000
"""Rejected rows that a JSON answer names; all are on stderr."""


@click.group()
def subscribers() -> None:
    """Who reads: import, export, add, show, remove, suppress, erase, list."""


list_option = click.option("--list", "list_slug", required=True, metavar="LIST", help="The list.")


@subscribers.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@list_option
@click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="COLUMN=HEADER",
    help="Which header of the file stands for email, name or tags, such as email=Mail.",
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
    confirm: bool,
    left: bool,
    force: bool,
    consent: str,
) -> int:
    """Put everybody in a CSV file (email,name,tags) on a list.

    People who left, were suppressed or erased are rejected and named on stderr. With --left the
    file names people who left another tool's list.

    \b
    Example: newsletter subscribers import people.csv --list weekly
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
    flush(site, invocation.clock)
    invocation.report(
        {
            "list": list_slug,
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
        f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged, "
        f"{report.rejected_count} rejected",
    )
    return FINDINGS if report.rejected_count else OK


@subscribers.command("export")
@list_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Default: stdout.")
@json_option
@pass_invocation
def export_file(invocation: Invocation, list_slug: str, out: Path | None) -> int:
    """Write the active subscribers of a list as CSV that imports again.

    \b
    Example: newsletter subscribers export --list weekly --out people.csv
    """
    if out is None and invocation.as_json:
        raise click.UsageError("--json needs --out: the CSV itself goes to stdout")
    with invocation.site.database.transaction(read_only=True) as connection:
        if out is None:
            export_subscribers(connection, list_slug, sys.stdout)
            return OK
        with out.open("w", encoding="utf-8", newline="") as file:
            count = export_subscribers(connection, list_slug, file)
    invocation.report({"exported": count, "file": str(out)}, f"{count} exported to {out}")
    return OK


@subscribers.command("add")
@click.argument("address")
@list_option
@click.option("--name", default="", help="How to address them.")
@click.option("--tags", default=None, help="Tags they follow, separated by commas.")
@json_option
@now_option
@pass_invocation
def add_one(
    invocation: Invocation, address: str, list_slug: str, name: str, tags: str | None
) -> int:
    """Put one person on a list.

    \b
    Example: newsletter subscribers add reader@example.org --list weekly --tags security,reviews
    """
    site = invocation.site
    vocabulary = vocabulary_of(site.settings)
    follows = [_slug(vocabulary, tag) for tag in tags.split(",")] if tags is not None else None
    with site.database.transaction() as connection:
        outcome = people.add(
            connection,
            address,
            list_slug=list_slug,
            now=invocation.now,
            name=name,
            follows=follows,
        )
    invocation.report(
        {"address": address, "list": list_slug, "outcome": outcome},
        f"{address}: {outcome}",
    )
    return OK


@subscribers.command("show")
@click.argument("address")
@json_option
@pass_invocation
def show_one(invocation: Invocation, address: str) -> int:
    """Show one person: subscriptions, tags, the history of consent, and every issue with its receipt.

    \b
    Example: newsletter subscribers show reader@example.org
    """
    with invocation.site.database.transaction(read_only=True) as connection:
        person = show_person(connection, address)
    lines = [
        f"{person['address']}  {person['name']}".rstrip(),
        f"follows: {', '.join(person['tags']) or 'everything'}",
        *[f"{entry['list']}: {entry['status']}" for entry in person["subscriptions"]],
        *["suppressed"] * person["suppressed"],
        *[
            f"  {entry['at']}  {entry['event']} by {entry['way']}  {entry['detail']}".rstrip()
            for entry in person["history"]
        ],
        *[
            f"{one['issue']}: {one['state']}  {one['at'] or ''}  {one['code'] or ''} {one['text']}".rstrip()
            for one in person["issues"]
        ],
    ]
    invocation.answer(person, *lines)
    return OK


@subscribers.command("remove")
@click.argument("address")
@click.option("--list", "list_slug", metavar="LIST", help="From this list only.")
@json_option
@now_option
@pass_invocation
def remove_one(invocation: Invocation, address: str, list_slug: str | None) -> int:
    """Unsubscribe one person from one list, or from all.

    \b
    Example: newsletter subscribers remove reader@example.org --list weekly
    """
    with invocation.site.database.transaction() as connection:
        changed = people.remove(connection, address, invocation.now, list_slug=list_slug)
    invocation.report(
        {"address": address, "unsubscribed": changed},
        f"{address}: unsubscribed from {', '.join(changed) or 'nothing: was on no list'}",
    )
    return OK


@subscribers.command("suppress")
@click.argument("pattern", metavar="ADDRESS|@DOMAIN")
@click.option("--reason", default="by the operator", show_default=True)
@click.option("--lift", is_flag=True, help="Take the suppression back.")
@json_option
@now_option
@pass_invocation
def suppress_one(invocation: Invocation, pattern: str, reason: str, lift: bool) -> int:
    """Never mail an address, or a whole domain, whatever a list says.

    \b
    Example: newsletter subscribers suppress @example.net --reason "asked by its postmaster"
    """
    act = suppression.lift if lift else suppression.suppress
    with invocation.site.database.transaction() as connection:
        changed = act(connection, pattern, reason, invocation.now)
    invocation.report(
        {"pattern": pattern, "suppressed": not lift, "changed": changed},
        f"{pattern} is {'no longer' if lift else 'now'} suppressed",
    )
    return OK


@subscribers.command("erase")
@click.argument("address")
@json_option
@now_option
@pass_invocation
def erase_one(invocation: Invocation, address: str) -> int:
    """Delete one person and their history; a salted hash keeps them from being imported again.

    \b
    Example: newsletter subscribers erase reader@example.org
    """
    erased = erase(invocation.site, address, now=invocation.now)
    invocation.report({"erased": erased}, "erased" if erased else "was erased before")
    return OK


@subscribers.command("list")
@list_option
@click.option("--status", type=click.Choice([status.value for status in Status]))
@json_option
@pass_invocation
def list_people(invocation: Invocation, list_slug: str, status: str | None) -> int:
    """List the people on a list.

    \b
    Example: newsletter subscribers list --list weekly --status active
    """
    with invocation.site.database.transaction(read_only=True) as connection:
        rows = people.listing(connection, list_slug, Status(status) if status else None)
        if invocation.as_json:
            invocation.answer({"list": list_slug, "subscribers": list(rows)})
        else:
            for row in rows:
                tags = ", ".join(row["tags"])
                click.echo(f"{row['address']}  {row['status']}  {tags}".rstrip())
    return OK


@contextmanager
def _progress_bar(file: BinaryIO, invocation: Invocation) -> Iterator[Callable[[int], None] | None]:
    """How far into the file the import is; on a terminal only."""
    if invocation.as_json or not sys.stderr.isatty():
        yield None
        return
    # Only a person at a terminal sees the bar: nothing else loads its library.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("importing"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("importing", total=os.fstat(file.fileno()).st_size)
        yield lambda _rows: bar.update(task, completed=file.tell())


def _slug(vocabulary: Vocabulary, label: str) -> str:
    tag = vocabulary.tag(label)
    return tag.slug if tag else ""


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
