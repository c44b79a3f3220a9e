"""Import and export of subscribers, in batches, so that a million rows need little memory."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO, TextIO

import sqlalchemy as sa

from subscribers import tables
from subscribers.admission import AdmissionOutcome, Terms, admit
from subscribers.audience import feed_lives, parse_follows
from subscribers.importing.cells import defused
from subscribers.importing.options import ImportOptions
from subscribers.importing.report import ImportReport, Rejected
from subscribers.importing.rows import BATCH, Page, Row, read_people
from subscribers.lists import list_id
from subscribers.subscriber import MailFormat, Status

COLUMNS = ("email", "name", "tags")
ZONE, FORM = "time_zone", "mail_format"
"""Further columns, where any of the people has chosen one."""
FEED = "private_feed"
"""A further column, where any of them reads the list by private feed. An import passes over it."""


def import_subscribers(
    transaction: Callable[[], AbstractContextManager[sa.Connection]],
    file: BinaryIO,
    options: ImportOptions,
    *,
    slug_of: Callable[[str], str],
    offered: Collection[str] = (),
    on_rejected: Callable[[Rejected], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Read the file in this process, which is for one of our own, and admit its people.

    A stranger's file is read by a worker (newsletter/pipeline/import_people.py). The parameters are
    those of `read_people` and `admit_people`, and so are the errors.
    """
    pages = read_people(file, options, slug_of=slug_of, offered=offered)
    return admit_people(transaction, pages, options, on_rejected=on_rejected, progress=progress)


def admit_people(
    transaction: Callable[[], AbstractContextManager[sa.Connection]],
    pages: Iterable[Page],
    options: ImportOptions,
    *,
    on_rejected: Callable[[Rejected], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Put the people in a file's pages on the list; consent is recorded as "import" with file and time.

    `on_rejected` is called with each rejected row, and `progress` with the number of octets of the
    file that have been dealt with. People who left, are suppressed, or were erased are rejected
    unless `options.force`. Each page is committed separately, so an interrupted import can be run
    again. Raises what reading the pages raises.
    """
    report = ImportReport()

    def reject(row: Rejected) -> None:
        report.reject(row)
        if on_rejected is not None:
            on_rejected(row)

    terms = options.terms
    begin = _rolled_back(transaction) if options.dry_run else transaction
    for page in pages:
        report.layout = page.layout
        for rejected in page.rejected:
            reject(rejected)
        if page.rows:
            with begin() as connection:
                for run in _distinct_runs(page.rows):
                    _admit(connection, run, terms, report, reject)
        if progress is not None:
            progress(page.position)
    return report


def _rolled_back(
    transaction: Callable[[], AbstractContextManager[sa.Connection]],
) -> Callable[[], AbstractContextManager[sa.Connection]]:
    """Transactions whose changes are rolled back."""

    @contextmanager
    def begin() -> Iterator[sa.Connection]:
        with transaction() as connection:
            savepoint = connection.begin_nested()
            yield connection
            savepoint.rollback()

    return begin


def export_subscribers(connection: sa.Connection, list_slug: str, file: TextIO) -> int:
    """Write the list's active subscribers, in order of address, as CSV; returns how many.

    The file can be imported again. Cells that a spreadsheet would run as formulas get an apostrophe
    in front, which an import removes.
    """
    people, subscriptions = tables.subscribers, tables.subscriptions
    active = sa.and_(
        subscriptions.c.subscriber_id == people.c.id,
        subscriptions.c.list_id == list_id(connection, list_slug),
        subscriptions.c.status == Status.ACTIVE.value,
    )
    by_row = {"yield_per": BATCH}
    attributes = sa.select(people.c.attributes).join(subscriptions, active)
    extra = sorted(
        {key for kept in connection.scalars(attributes, execution_options=by_row) for key in kept}
    )
    feeds = tables.private_feeds
    has_feed = sa.select(feeds.c.use).join(subscriptions, feed_lives())
    has_feed = has_feed.where(subscriptions.c.list_id == list_id(connection, list_slug))
    feed = [FEED] if connection.execute(has_feed.limit(1)).first() else []
    chosen = {ZONE: people.c.time_zone != "", FORM: people.c.mail_format != MailFormat.HTML.value}
    own = [
        name
        for name, is_chosen in chosen.items()
        if connection.execute(
            sa.select(people.c.id).join(subscriptions, active).where(is_chosen).limit(1)
        ).first()
    ]
    # An attribute of the same name is one of an earlier import.
    extra = [key for key in extra if key not in {*own, *feed}]
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*COLUMNS, *own, *feed, *(defused(key) for key in extra)])
    query = (
        sa.select(
            *(people.c.address, people.c.name, people.c.follows, people.c.attributes),
            *(people.c.time_zone, people.c.mail_format, feeds.c.use),
        )
        .join(subscriptions, active)
        .outerjoin(feeds, feed_lives())
        .order_by(people.c.address_key)
    )
    written = 0
    for row in connection.execute(query, execution_options=by_row):
        tags = ";".join(sorted(parse_follows(row.follows)))
        form = "" if row.mail_format == MailFormat.HTML else row.mail_format
        values = {ZONE: row.time_zone, FORM: form}
        choices = [values[name] or row.attributes.get(name, "") for name in own]
        further = [row.attributes.get(key, "") for key in extra]
        uses = [row.use or "" for _ in feed]
        cells = [row.address, row.name, tags, *choices, *uses, *further]
        writer.writerow([defused(cell) for cell in cells])
        written += 1
    return written


def _admit(
    connection: sa.Connection,
    rows: Sequence[Row],
    terms: Terms,
    report: ImportReport,
    reject: Callable[[Rejected], None],
) -> None:
    for row, admission in zip(
        rows, admit(connection, [row.candidate for row in rows], terms), strict=True
    ):
        match admission.outcome:
            case AdmissionOutcome.ADDED:
                report.added += 1
            case AdmissionOutcome.UPDATED:
                report.updated += 1
            case AdmissionOutcome.UNCHANGED:
                report.unchanged += 1
            case AdmissionOutcome.REFUSED:
                address = row.candidate.address.text
                reject(Rejected(line=row.line, address=address, reason=admission.reason))
                continue
        report.count_status(row.source_status, terms.status_of(row.candidate))


def _distinct_runs(batch: Iterable[Row]) -> Iterator[list[Row]]:
    """Split the batch into runs that contain no address twice."""
    run: list[Row] = []
    seen: set[str] = set()
    for row in batch:
        key = row.candidate.address.key
        if key in seen:
            yield run
            run, seen = [], set()
        run.append(row)
        seen.add(key)
    if run:
        yield run
