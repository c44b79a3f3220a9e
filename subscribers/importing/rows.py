"""Reads the people in a file, page by page, before the database is asked about them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from subscribers.admission import Applicant
from subscribers.errors import AddressError, ImportFileError, MailFormatError, TimeZoneError
from subscribers.importing.layouts import ADDRESSES, Layout, recognise
from subscribers.importing.options import ImportOptions
from subscribers.importing.people import Columns
from subscribers.importing.report import Rejected
from subscribers.importing.standings import english_headers
from subscribers.importing.table import Table, read_table
from subscribers.subscriber import LEFT, Status

BATCH = 2000
"""Rows in one page and one transaction, which a running send may have to wait for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One person in a file; `source_status` is the file's own text for the status."""

    line: int
    candidate: Applicant
    source_status: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """At most BATCH people, and the rows among them that are none.

    `layout` is the name of the file's layout, `position` how many of its octets have been read.
    """

    layout: str
    rows: tuple[Row, ...]
    rejected: tuple[Rejected, ...]
    position: int


def read_people(
    file: BinaryIO,
    options: ImportOptions,
    *,
    slug_of: Callable[[str], str],
    offered: Collection[str] = (),
) -> Iterator[Page]:
    """Read another tool's export, CSV with a column `email`, or a list of addresses.

    The file is read twice from its beginning: people who left, bounced, complained or never
    confirmed in another tool keep that status, and a status that is not known refuses the file
    before anything changes. `slug_of` turns a tag's label into its slug, "" if there is no such
    tag. Of another tool's tags, people follow only those in `offered`; all are kept as an
    attribute, as other columns are. Raises ImportFileError if the file as a whole cannot be used.
    """
    source = _Source(file=file, options=options, slug_of=slug_of, offered=offered)
    layout = source.check()
    rejected: list[Rejected] = []
    table, columns = source.open(
        lambda line, reason: rejected.append(Rejected(line=line, address="", reason=reason))
    )
    rows: list[Row] = []

    def page() -> Page:
        return Page(layout=layout, rows=tuple(rows), rejected=tuple(rejected), position=file.tell())

    for row in _read(table, columns, options):
        if isinstance(row, Row):
            rows.append(row)
        else:
            rejected.append(row)
        if len(rows) == BATCH or len(rejected) == BATCH:
            yield page()
            rows.clear()
            rejected.clear()  # not a new list: what reads the table adds to this one
    yield page()


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
        headers = english_headers(table.header)
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


def _read(table: Table, columns: Columns, options: ImportOptions) -> Iterator[Row | Rejected]:
    terms = options.terms
    for line, cells in table.rows:
        standing, source_status = columns.standing(line, cells)
        if options.left and standing not in LEFT:
            standing = Status.UNSUBSCRIBED
        status = terms.status if standing is Status.ACTIVE else standing
        try:
            candidate = columns.candidate(cells, status, source_status)
        except (AddressError, TimeZoneError, MailFormatError) as error:
            shown = columns.address(cells).encode("utf-8", "replace").decode()[:100]
            yield Rejected(line=line, address=shown, reason=error.problem.message)
            continue
        yield Row(line=line, candidate=candidate, source_status=source_status)
