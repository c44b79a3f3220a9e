"""background_imports: checks and imports the files that editors uploaded, one after another.

An import that a restart interrupts begins again: each page of it is committed as a whole, and a
person who is there already counts as unchanged.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from newsletter.errors import NewsletterError, TemporaryError, UnavailableError
from newsletter.pipeline.import_people import import_people
from newsletter.site.site import Site
from newsletter.store import people_imports
from newsletter.store.people_imports import MAX_ATTEMPTS, ImportState, PeopleImport
from subscribers.importing.options import ImportOptions
from subscribers.importing.report import ImportReport
from subscribers.subscriber import Status

log = logging.getLogger("newsletter")

ROWS_SHOWN = 200
"""Refused rows that the report names."""

ENDED = "it ended with an unexpected error, and the server's log says which"


class _InterruptedError(Exception):
    """The process is about to end."""


def run_imports(site: Site, clock: Callable[[], datetime], stop: threading.Event) -> int:
    """Do what is to be done for uploaded files; returns for how many. One process calls this at a time.

    Once `stop` is set, the file in hand is left as it is for the next call.
    """
    number = 0
    while not stop.is_set():
        with site.database.transaction(read_only=True) as connection:
            waiting = people_imports.next_running(connection)
        if waiting is None:
            break
        try:
            _run(site, waiting, clock, stop)
        except _InterruptedError:
            break
        number += 1
    return number


def _run(
    site: Site, one: PeopleImport, clock: Callable[[], datetime], stop: threading.Event
) -> None:
    with site.database.transaction() as connection:
        people_imports.note_attempt(connection, one.id, one.attempts + 1)
        content = people_imports.content_of(connection, one.id)
    if content is None or one.attempts >= MAX_ATTEMPTS:
        _end(site, one, ImportState.FAILED, clock(), problem=ENDED)
        return
    try:
        report = _imported(site, one, content, clock(), stop)
    except _InterruptedError:
        with site.database.transaction() as connection:
            people_imports.note_attempt(connection, one.id, one.attempts)
        raise
    except (UnavailableError, TemporaryError):
        raise
    except NewsletterError as error:
        _end(site, one, ImportState.REFUSED, clock(), problem=error.problem.message)
    except Exception:  # the page says so, and the next file is taken up
        log.exception("import %d ended with an unexpected error", one.id)
        _end(site, one, ImportState.FAILED, clock(), problem=ENDED)
    else:
        is_check = one.state is ImportState.CHECKING
        state = ImportState.CHECKED if is_check else ImportState.DONE
        _end(site, one, state, clock(), report=report)


def _imported(
    site: Site, one: PeopleImport, content: bytes, now: datetime, stop: threading.Event
) -> Mapping[str, Any]:
    def progress(position: int) -> None:
        if stop.is_set():
            raise _InterruptedError
        with site.database.transaction() as connection:
            people_imports.note_progress(connection, one.id, position)

    choices = one.choices
    options = ImportOptions(
        list_slug=choices.list_slug,
        source_name=one.file_name,
        now=now,
        mapping=choices.mapping,
        dry_run=one.state is ImportState.CHECKING,
        confirm=choices.confirm and not choices.left,
        left=choices.left,
    )
    report, asked = import_people(site, content, options, progress=progress)
    return {**_document(report, asked), "again": one.attempts > 0}


def _document(report: ImportReport, asked: int) -> dict[str, Any]:
    return {
        "layout": report.layout,
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "rejected": report.rejected_count,
        "asked": asked,
        "statuses": {status.value: report.statuses[status] for status in Status},
        "rejected_rows": [
            {"line": row.line, "address": row.address, "reason": row.reason}
            for row in report.rejected[:ROWS_SHOWN]
        ],
    }


def _end(
    site: Site,
    one: PeopleImport,
    state: ImportState,
    now: datetime,
    *,
    report: Mapping[str, Any] | None = None,
    problem: str = "",
) -> None:
    with site.database.transaction() as connection:
        people_imports.end_run(connection, one.id, state, now, report=report, problem=problem)
