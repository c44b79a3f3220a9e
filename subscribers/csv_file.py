"""Import and export of subscribers, in batches, so that a million rows need little memory."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import BinaryIO, TextIO

import sqlalchemy as sa

from subscribers import tables
from subscribers.admission import AdmissionOutcome, Applicant, Terms, admit
from subscribers.audience import parse_follows
from subscribers.errors import AddressError, ImportFileError
from subscribers.importing.layouts import ADDRESSES, Layout, recognise
from subscribers.importing.options import ImportOptions
from subscribers.importing.people import Columns
from subscribers.importing.report import ImportReport, Rejected
from subscribers.importing.standings import plain_header
from subscribers.importing.table import Table, read_table
from subscribers.lists import list_id
from subscribers.subscriber import LEFT, Status

BATCH = 2000
"""Rows in one transaction, which a running send may have to wait for."""

COLUMNS = ("email", "name", "tags")

_FORMULA = re.compile(r"[=+\-@\t\r]")
"""A spreadsheet runs a cell that begins with one of these as a formula."""


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
    """Put the people in the file on the list; consent is recorded as "import" with file and time.

    `file` is another tool's export, CSV with a column `email`, or a list of addresses. It is read
    twice from its beginning: people who left, bounced, complained or never confirmed in another
    tool keep that status, and a status that is not known refuses the file before anything changes.
    `slug_of` turns a tag's label into its slug, "" if there is no such tag. Of another tool's tags,
    people follow only those in `offered`; all are kept as an attribute, as other columns are.
    `on_rejected` is called with each rejected row, and `progress` with the number of rows read so
    far. People who left, are suppressed, or were erased are rejected unless `options.force`.
    Each batch is committed separately, so an interrupted import can be run again.
    Raises ImportFileError if the file as a whole cannot be used.
    """
    report = ImportReport()

    def reject(line: int, reason: str, address: str = "") -> None:
        row = Rejected(line=line, address=address, reason=reason)
        report.reject(row)
        if on_rejected is not None:
            on_rejected(row)

    source = _Source(file=file, options=options, slug_of=slug_of, offered=offered)
    report.layout = source.check()
    table, columns = source.open(reject)
    terms = options.terms
    begin = _rolled_back(transaction) if options.dry_run else transaction
    for batch in _batches(_read(table, columns, terms, reject, left=options.left)):
        with begin() as connection:
            for run in _distinct_runs(batch):
                _admit(connection, run, terms, report, reject)
        if progress is not None:
            progress(report.rows)
    return report


@dataclass(frozen=True, kw_only=True, slots=True)
class _Source:
    """A file of people, which is read from its beginning each time it is opened."""

    file: BinaryIO
    options: ImportOptions
    slug_of: Callable[[str], str]
    offered: Collection[str]

    def open(self, reject: Callable[[int, str], None]) -> tuple[Table, Columns]:
        """Read the header. `reject` is called with the line that is not a row, and why."""
        options = self.options
        self.file.seek(0)
        table = read_table(self.file, options.source_name, reject)
        headers = [plain_header(cell) for cell in table.header]
        layout = _layout_of(table, headers, options.layout, options.source_name)
        return table, Columns(
            table.header, layout, options.mapping, options.source_name, self.slug_of, self.offered
        )

    def check(self) -> str:
        """Read the whole file and return its layout's name.

        Raises ImportFileError if a row has a status that is not known, or if the file seems to
        hold people who left.
        """
        table, columns = self.open(lambda _line, _reason: None)
        if columns.is_of_leavers and not self.options.left:
            raise ImportFileError(
                "its name says that these people left, and no column says otherwise",
                file=self.options.source_name,
                field="status",
                fix="--left takes them off the list; --map status= imports them all the same",
            )
        for line, cells in table.rows:
            columns.check_row(line, cells)
        return columns.layout.name


def _layout_of(table: Table, headers: Collection[str], requested: str, source_name: str) -> Layout:
    if table.is_bare and not requested:
        return ADDRESSES
    return recognise(headers, requested, source_name)


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
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*COLUMNS, *(_defused(key) for key in extra)])
    query = (
        sa.select(people.c.address, people.c.name, people.c.follows, people.c.attributes)
        .join(subscriptions, active)
        .order_by(people.c.address_key)
    )
    written = 0
    for row in connection.execute(query, execution_options=by_row):
        tags = ";".join(sorted(parse_follows(row.follows)))
        cells = [row.address, row.name, tags, *(row.attributes.get(key, "") for key in extra)]
        writer.writerow([_defused(cell) for cell in cells])
        written += 1
    return written


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    line: int
    candidate: Applicant
    source_status: str  # the file's own text for the status


def _read(
    table: Table,
    columns: Columns,
    terms: Terms,
    reject: Callable[[int, str, str], None],
    *,
    left: bool,
) -> Iterator[_Row]:
    for line, cells in table.rows:
        standing, source_status = columns.standing(line, cells)
        if left and standing not in LEFT:
            standing = Status.UNSUBSCRIBED
        status = terms.status if standing is Status.ACTIVE else standing
        try:
            candidate = columns.candidate(cells, status, source_status)
        except AddressError as error:
            shown = columns.address(cells).encode("utf-8", "replace").decode()[:100]
            reject(line, error.problem.message, shown)
            continue
        yield _Row(line=line, candidate=candidate, source_status=source_status)


def _admit(
    connection: sa.Connection,
    rows: Sequence[_Row],
    terms: Terms,
    report: ImportReport,
    reject: Callable[[int, str, str], None],
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
                reject(row.line, admission.reason, row.candidate.address.text)
                continue
        report.count_status(row.source_status, terms.status_of(row.candidate))


def _batches(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    batch: list[_Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _distinct_runs(batch: Iterable[_Row]) -> Iterator[list[_Row]]:
    """Split the batch into runs that contain no address twice."""
    run: list[_Row] = []
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


def _defused(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell
