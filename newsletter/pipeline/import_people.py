"""import: put the people in a file on a list, or take them off it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from itertools import islice
from pathlib import Path

from newsletter.articles.tags import Vocabulary
from newsletter.errors import Problem
from newsletter.pipeline.reader_letters import put_letter
from newsletter.sandbox import HANDED_IN, Limits
from newsletter.site.lists import list_slugs, site_vocabulary, tags_of
from newsletter.site.site import Site
from subscribers import lists
from subscribers.consent import confirmation_letters
from subscribers.csv_file import admit_people
from subscribers.errors import ImportFileError
from subscribers.importing.cells import plain
from subscribers.importing.layouts import ADDRESSES, recognise
from subscribers.importing.options import ImportOptions
from subscribers.importing.report import ImportReport, Rejected
from subscribers.importing.rows import Page, read_people
from subscribers.importing.standings import plain_header
from subscribers.importing.table import read_table

LIMITS = Limits(seconds=1_800, memory=3_000_000_000)
"""Of the reading of one file, which may have millions of rows."""

ROWS_SHOWN = 3
CELL_SHOWN = 200
"""Rows, and characters of a cell, that an editor is shown of a file."""

_USUAL = gc.get_threshold()

BATCH = 500
"""Requests for confirmation that are queued in one transaction."""


def import_people(
    site: Site,
    source: Path | bytes,
    options: ImportOptions,
    *,
    on_rejected: Callable[[Rejected], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[ImportReport, int]:
    """Import a file or its content, and put requests for confirmation in the outbox if `options.confirm`.

    Returns the report and the number of requests. Raises ImportFileError if the file cannot be
    used, ParsingError if it cannot be read within limits, and UnknownListError for a list that no
    newsletter is sent to and that has no subscribers.
    """
    require_list(site, options.list_slug)
    offered = frozenset(tag.slug for tag in tags_of(site.settings, options.list_slug))
    vocabulary = site_vocabulary(site.settings)
    with (
        _rare_garbage_collection(),
        closing(
            HANDED_IN.run_each(read_file, source, options, vocabulary, offered, limits=LIMITS)
        ) as read,
    ):
        report = admit_people(
            site.database.transaction,
            (_page(found) for found in read),
            options,
            on_rejected=on_rejected,
            progress=progress,
        )
    if options.confirm and not options.dry_run:
        return report, _request_confirmations(site, options.list_slug, options.now)
    return report, 0


def read_file(
    source: Path | bytes, options: ImportOptions, vocabulary: Vocabulary, offered: frozenset[str]
) -> Iterator[Page | Problem]:
    """The pages of a file of people; or, at its end, why it cannot be used. A worker calls this."""

    def slug_of(label: str) -> str:
        tag = vocabulary.tag(label)
        return tag.slug if tag else ""

    try:
        with (
            _rare_garbage_collection(),
            BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file,
        ):
            yield from read_people(file, options, slug_of=slug_of, offered=offered)
    except ImportFileError as error:
        yield error.problem
    except OSError as error:
        yield Problem(
            message=f"cannot read it: {error.strerror}",
            file=str(source),
            fix="name a readable CSV file",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class FileShape:
    """The header of a file of people, its first rows, and the tool that wrote it."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    layout: str


def look_into(source: bytes, source_name: str) -> FileShape:
    """What the columns of a file are. Raises ImportFileError if it is not a file of people."""
    found = HANDED_IN.run(read_shape, source, source_name, limits=LIMITS)
    if isinstance(found, FileShape):
        return found
    raise ImportFileError(found.message, file=found.file, field=found.field, fix=found.fix)


def read_shape(source: bytes, source_name: str) -> FileShape | Problem:
    """The file's shape, or why it cannot be used. A worker calls this."""
    try:
        table = read_table(BytesIO(source), source_name, lambda _line, _reason: None)
        header = [_shown(cell) for cell in table.header]
        rows = [tuple(map(_shown, cells)) for _line, cells in islice(table.rows, ROWS_SHOWN)]
        headers = [plain_header(cell) for cell in table.header]
        layout = ADDRESSES if table.is_bare else recognise(headers, "", source_name)
    except ImportFileError as error:
        return error.problem
    return FileShape(header=tuple(header), rows=tuple(rows), layout=layout.title)


def _shown(cell: str) -> str:
    return plain(cell).encode("utf-8", "replace").decode().strip()[:CELL_SHOWN]


def _page(found: Page | Problem) -> Page:
    if isinstance(found, Page):
        return found
    raise ImportFileError(found.message, file=found.file, field=found.field, fix=found.fix)


def require_list(site: Site, list_slug: str) -> None:
    """Raise UnknownListError, which names the nearest list, if nothing is sent to this list."""
    known = list_slugs(site.settings)
    if list_slug in known:
        return
    with site.database.transaction(read_only=True) as connection:
        lists.require(connection, list_slug, known)


@contextmanager
def _rare_garbage_collection() -> Iterator[None]:
    """Collect garbage less often.

    An import makes millions of short-lived values and no cycles, where they are read and where they
    are stored; looking for cycles takes a fifth of its time.
    """
    gc.set_threshold(10_000, *_USUAL[1:])
    try:
        yield
    finally:
        gc.set_threshold(*_USUAL)  # not what was set before, which may be another import's


def _request_confirmations(site: Site, list_slug: str, now: datetime) -> int:
    asked, last = 0, 0
    while True:
        with site.database.transaction() as connection:
            letters, last = confirmation_letters(connection, list_slug, now, after=last, most=BATCH)
            for letter in letters:
                asked += put_letter(site, connection, letter, now)
        if not last:
            return asked
