"""Subscribers from and to CSV files, in batches, so that a million rows need little memory."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO, TextIO

import sqlalchemy as sa

from subscribers import tables
from subscribers.addresses import parse_address
from subscribers.admission import Candidate, Outcome, Terms, admit
from subscribers.audience import format_follows, parse_follows
from subscribers.errors import AddressError, ImportFileError
from subscribers.history import Event, Way
from subscribers.lists import list_id
from subscribers.subscriber import Status

if TYPE_CHECKING:
    import _csv  # where the reader's type lives

BATCH = 2000
"""Rows per transaction: a running send waits for no more than that."""

REJECTED_SHOWN = 1000
"""Rejected rows kept in the report; all are counted, and all go to `on_rejected`."""

MAX_HEADER = 100_000
"""Characters; whatever begins with a longer line is no table of subscribers."""

COLUMNS = ("email", "name", "tags")

_STATUS = {
    (False, False): Status.ACTIVE,
    (False, True): Status.PENDING,
    (True, False): Status.UNSUBSCRIBED,
    (True, True): Status.UNSUBSCRIBED,
}
"""What a newcomer becomes, by `left` and `confirm`."""

# A spreadsheet runs a cell that begins so; an apostrophe before it makes it text again.
_FORMULA = re.compile(r"[=+\-@\t\r]")
_DEFUSED = re.compile(r"'(?=[=+\-@\t\r])")
_UNDECODED = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    """A row that was not taken, and why."""

    line: int
    address: str
    reason: str


@dataclass(kw_only=True, slots=True)
class ImportReport:
    """What became of a file's rows."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected_count: int = 0
    rejected: list[Rejected] = field(default_factory=list)
    """The first REJECTED_SHOWN of them."""

    @property
    def rows(self) -> int:
        """All rows that were read."""
        return self.added + self.updated + self.unchanged + self.rejected_count


def import_subscribers(
    transaction: Callable[[], AbstractContextManager[sa.Connection]],
    file: BinaryIO,
    *,
    list_slug: str,
    source_name: str,
    now: datetime,
    slug_of: Callable[[str], str],
    mapping: Mapping[str, str] | None = None,
    confirm: bool = False,
    left: bool = False,
    force: bool = False,
    consent: str = "",
    on_rejected: Callable[[Rejected], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Put everybody in the file on the list; consent is recorded as "import" with file and time.

    `file` is CSV in UTF-8 with a header; `mapping` says which header stands for email, name
    and tags. Tags are separated by ";" and made slugs by `slug_of`; further columns become
    attributes. `confirm` leaves newcomers pending. `left`: these people left (elsewhere, say);
    they are taken off, and newcomers remembered so that none is brought back. `progress` is
    told the rows read so far.
    Whoever left, is suppressed, or was erased is rejected, unless `force` with a `consent`.
    Each batch is committed by itself: an import that was cut short is simply run again.
    Raises ImportFileError when the file as a whole cannot be used.
    """
    terms = Terms(
        list_slug=list_slug,
        event=Event.UNSUBSCRIBE if left else Event.IMPORT,
        way=Way.IMPORT,
        now=now,
        detail=source_name,
        status=_STATUS[left, confirm],
        force=force,
        consent=consent,
    )
    report = ImportReport()

    def reject(rejected: Rejected) -> None:
        report.rejected_count += 1
        if len(report.rejected) < REJECTED_SHOWN:
            report.rejected.append(rejected)
        if on_rejected is not None:
            on_rejected(rejected)

    rows = _read(file, source_name, mapping or {}, slug_of, reject)
    for batch in _batches(rows):
        with transaction() as connection:
            for run in _distinct_runs(batch):
                _admit(connection, run, terms, report, reject)
        if progress is not None:
            progress(report.rows)
    return report


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
    candidate: Candidate


def _admit(
    connection: sa.Connection,
    rows: Sequence[_Row],
    terms: Terms,
    report: ImportReport,
    reject: Callable[[Rejected], None],
) -> None:
    for row, admission in zip(
        rows, admit(connection, [row.candidate for row in rows], terms), strict=True
    ):
        match admission.outcome:
            case Outcome.ADDED:
                report.added += 1
            case Outcome.UPDATED:
                report.updated += 1
            case Outcome.UNCHANGED:
                report.unchanged += 1
            case Outcome.REFUSED:
                reject(
                    Rejected(
                        line=row.line,
                        address=row.candidate.address.text,
                        reason=admission.reason,
                    )
                )


def _read(
    file: BinaryIO,
    source_name: str,
    mapping: Mapping[str, str],
    slug_of: Callable[[str], str],
    reject: Callable[[Rejected], None],
) -> Iterator[_Row]:
    # Undecodable octets are kept as surrogates, so that one bad row is one rejection.
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        header_line = text.readline(MAX_HEADER)
        reader = csv.reader(text, delimiter=_delimiter(header_line))
        header = next(csv.reader([header_line], delimiter=_delimiter(header_line)), [])
        columns = _columns(header, mapping, source_name)
        for line, cells in _lines(reader, reject):
            try:
                yield _Row(line=line, candidate=_candidate(cells, columns, slug_of))
            except AddressError as error:
                address = cells[columns["email"]] if columns["email"] < len(cells) else ""
                shown = address.encode("utf-8", "replace").decode()[:100]
                reject(Rejected(line=line, address=shown, reason=error.problem.message))
    finally:
        text.detach()  # the file is its opener's to close


def _lines(
    reader: _csv.Reader, reject: Callable[[Rejected], None]
) -> Iterator[tuple[int, list[str]]]:
    while True:
        start = reader.line_num + 2  # the header was read before, and lines count from 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reject(Rejected(line=start, address="", reason=f"no CSV: {error}"))
            continue
        if any(cell.strip() for cell in cells):
            yield start, cells


def _delimiter(header: str) -> str:
    """A comma; the semicolon or tab of some spreadsheets where the header has no comma."""
    return next((mark for mark in (",", ";", "\t") if mark in header), ",")


def _columns(header: Sequence[str], mapping: Mapping[str, str], source_name: str) -> dict[str, int]:
    names = [_plain(cell).strip() for cell in header]
    folded = [name.casefold() for name in names]
    unknown = sorted(set(mapping) - set(COLUMNS))
    if unknown:
        raise ImportFileError(
            f"{unknown[0]!r} cannot be mapped",
            file=source_name,
            field=unknown[0],
            fix=f"map {', '.join(COLUMNS)}; all other columns are kept as attributes",
        )
    columns = {}
    for column in COLUMNS:
        wanted = mapping.get(column, column)
        if wanted.casefold() in folded:
            columns[column] = folded.index(wanted.casefold())
        elif column == "email" or column in mapping:
            raise ImportFileError(
                f"no column {wanted!r}; the file has: {', '.join(filter(None, names)) or 'nothing'}",
                file=source_name,
                field=column,
                fix=f"name the column: --map {column}=HEADER",
            )
    for position, name in enumerate(names):
        if name and position not in columns.values():
            columns.setdefault(f"+{name}", position)
    return columns


def _candidate(
    cells: Sequence[str], columns: Mapping[str, int], slug_of: Callable[[str], str]
) -> Candidate:
    values = {
        column: _plain(cells[position]).strip() if position < len(cells) else ""
        for column, position in columns.items()
    }
    if any(map(_UNDECODED.search, values.values())):
        raise AddressError("not UTF-8: save the file as CSV in UTF-8", field="email")
    tags = [slug_of(tag) for tag in values["tags"].split(";")] if values.get("tags") else None
    return Candidate(
        address=parse_address(values["email"]),
        name=values.get("name", ""),
        follows=None if tags is None else format_follows(tags),
        attributes={
            column.removeprefix("+"): value.replace("\x00", "")
            for column, value in values.items()
            if column.startswith("+") and value
        },
    )


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


def _plain(cell: str) -> str:
    return cell[1:] if _DEFUSED.match(cell) else cell
