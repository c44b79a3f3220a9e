"""Subscribers from and to files, in batches, so that a million rows need little memory."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, TextIO

import sqlalchemy as sa

from subscribers import tables
from subscribers.admission import AdmissionOutcome, Applicant, Terms, admit
from subscribers.audience import parse_follows
from subscribers.errors import AddressError, ImportFileError
from subscribers.history import Event, Way
from subscribers.importing.layouts import ADDRESSES, Layout, recognise
from subscribers.importing.people import Columns
from subscribers.importing.standings import plain_header
from subscribers.importing.table import Table, read_table
from subscribers.lists import list_id
from subscribers.subscriber import LEFT, Status

BATCH = 2000
"""Rows per transaction: a running send waits for no more than that."""

REJECTED_SHOWN = 1000
"""Rejected rows kept in the report; all are counted, and all go to `on_rejected`."""

COLUMNS = ("email", "name", "tags")

_FORMULA = re.compile(r"[=+\-@\t\r]")
"""A spreadsheet runs a cell that begins so."""

MAX_SAID = 20
"""Different words of statuses that a report counts apart: dates are all alike to it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    """A row that was not taken, and why."""

    line: int
    address: str
    reason: str


@dataclass(kw_only=True, slots=True)
class ImportReport:
    """What became of a file's rows.

    `layout` is whose export it was taken for. `statuses` counts the rows that were taken by what
    their status became, `said` by the file's own words for it too.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected_count: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    """The first REJECTED_SHOWN of them."""
    layout: str = ""
    statuses: Counter[Status] = field(default_factory=Counter)
    said: Counter[tuple[str, Status]] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """All rows that were read."""
        return self.added + self.updated + self.unchanged + self.rejected_count

    def count_status(self, said: str, status: Status) -> None:
        """One row more whose words mean this."""
        self.statuses[status] += 1
        key = (said, status)
        is_known = key in self.said or len(self.said) < MAX_SAID
        self.said[key if is_known else ("…", status)] += 1


def import_subscribers(
    transaction: Callable[[], AbstractContextManager[sa.Connection]],
    file: BinaryIO,
    *,
    list_slug: str,
    source_name: str,
    now: datetime,
    slug_of: Callable[[str], str],
    mapping: Mapping[str, str] | None = None,
    layout: str = "",
    offered: Collection[str] = (),
    confirm: bool = False,
    left: bool = False,
    force: bool = False,
    consent: str = "",
    dry_run: bool = False,
    on_rejected: Callable[[Rejected], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Put everybody in the file on the list; consent is recorded as "import" with file and time.

    `file` is the export of a tool that its header tells, or that `layout` names; CSV with a
    column `email`; or a list of addresses. It is read from its beginning, twice: who left, bounced,
    complained or never confirmed in another tool keeps that status, and a word that is not known
    refuses the file before anything is changed.
    `mapping` says which header stands for email, name, tags and status. Tags are made slugs by
    `slug_of`; of another tool's only those in `offered` are followed, and all are kept as an
    attribute, as further columns are. `confirm` leaves newcomers pending. `left`: these people left
    (elsewhere, say); they are taken off, and newcomers remembered so that none is brought back.
    `dry_run` changes nothing. `progress` is told the rows read so far.
    Whoever left, is suppressed, or was erased is rejected, unless `force` with a `consent`.
    Each batch is committed by itself: an import that was cut short is simply run again.
    Raises ImportFileError when the file as a whole cannot be used.
    """
    report = ImportReport()

    def reject(line: int, reason: str, address: str = "") -> None:
        rejected = Rejected(line=line, address=address, reason=reason)
        report.rejected_count += 1
        if len(report.rejected) < REJECTED_SHOWN:
            report.rejected.append(rejected)
        if on_rejected is not None:
            on_rejected(rejected)

    def opened(reject: Callable[[int, str], None]) -> tuple[Table, Columns]:
        file.seek(0)
        table = read_table(file, source_name, reject)
        headers = [plain_header(cell) for cell in table.header]
        found = _layout_of(table, headers, layout, source_name)
        return table, Columns(table.header, found, mapping or {}, source_name, slug_of, offered)

    table, columns = opened(lambda _line, _reason: None)
    report.layout = columns.layout.name
    if columns.is_of_leavers and not left:
        raise ImportFileError(
            "its name says that these people left, and no column says otherwise",
            file=source_name,
            field="status",
            fix="--left takes them off the list; --map status= imports them all the same",
        )
    for line, cells in table.rows:
        columns.look_over(line, cells)
    table, columns = opened(reject)
    terms = Terms(
        list_slug=list_slug,
        event=Event.IMPORT,
        way=Way.IMPORT,
        now=now,
        detail=source_name,
        status=Status.PENDING if confirm else Status.ACTIVE,
        force=force,
        consent=consent,
    )
    begin = _undoing(transaction) if dry_run else transaction
    for batch in _batches(_read(table, columns, terms, reject, left=left)):
        with begin() as connection:
            for run in _distinct_runs(batch):
                _admit(connection, run, terms, report, reject)
        if progress is not None:
            progress(report.rows)
    return report


def _layout_of(table: Table, headers: Collection[str], insisted: str, source_name: str) -> Layout:
    if table.is_bare and not insisted:
        return ADDRESSES
    return recognise(headers, insisted, source_name)


def _undoing(
    transaction: Callable[[], AbstractContextManager[sa.Connection]],
) -> Callable[[], AbstractContextManager[sa.Connection]]:
    """Transactions that change nothing."""

    @contextmanager
    def begin() -> Iterator[sa.Connection]:
        with transaction() as connection:
            savepoint = connection.begin_nested()
            yield connection
            savepoint.rollback()

    return begin


def export_subscribers(connection: sa.Connection, list_slug: str, file: TextIO) -> int:
    """Write the list's active subscribers, by address, as a file that imports again; their number.

    Cells that a spreadsheet would run as formulas are defused with an apostrophe, which an
    import takes off again.
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
    said: str  # the file's words for the status


def _read(
    table: Table,
    columns: Columns,
    terms: Terms,
    reject: Callable[[int, str, str], None],
    *,
    left: bool,
) -> Iterator[_Row]:
    for line, cells in table.rows:
        standing, said = columns.standing(line, cells)
        if left and standing not in LEFT:
            standing = Status.UNSUBSCRIBED
        status = terms.status if standing is Status.ACTIVE else standing
        try:
            candidate = columns.candidate(cells, status, said)
        except AddressError as error:
            shown = columns.address(cells).encode("utf-8", "replace").decode()[:100]
            reject(line, error.problem.message, shown)
            continue
        yield _Row(line=line, candidate=candidate, said=said)


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
        report.count_status(row.said, terms.status_of(row.candidate))


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
    """The batch in stretches in which no address comes twice."""
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
