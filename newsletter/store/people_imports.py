"""Imports of people that run in the background: the file, what it is read as, and the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from newsletter.store.account_tables import people_imports

CONTENT_KEPT = timedelta(days=1)
"""How long a file waits for its editor."""

KEPT = timedelta(days=30)
"""How long the report of an import is kept; it names the rows that were refused."""

MAX_ATTEMPTS = 3


class ImportState(StrEnum):
    """How far an import is."""

    CHECKING = "checking"  # to be read without changing anything
    CHECKED = "checked"  # its report waits for the editor
    REFUSED = "refused"  # the file cannot be used as it is read
    IMPORTING = "importing"
    DONE = "done"
    FAILED = "failed"
    DROPPED = "dropped"


RUNNING = (ImportState.CHECKING, ImportState.IMPORTING)
"""The states in which something is to be done."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportChoices:
    """How the file is read, and on what terms: the fields of importing.options.ImportOptions."""

    list_slug: str
    mapping: Mapping[str, str] = field(default_factory=dict)
    confirm: bool = False
    left: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleImport:
    """One import, without the file. `done` of `octets` have been dealt with."""

    id: int
    at: datetime
    who: str
    file_name: str
    octets: int
    has_content: bool
    choices: ImportChoices
    state: ImportState
    done: int
    attempts: int
    report: Mapping[str, Any]
    problem: str
    finished_at: datetime | None


def add_import(
    connection: sa.Connection,
    *,
    who: str,
    file_name: str,
    content: bytes,
    choices: ImportChoices,
    now: datetime,
) -> int:
    """Store a file that is to be checked; returns the import's number."""
    number: int = connection.execute(
        sa.insert(people_imports)
        .values(
            at=now,
            who=who,
            file_name=file_name,
            content=content,
            octets=len(content),
            choices=asdict(choices),
            state=ImportState.CHECKING.value,
            report={},
        )
        .returning(people_imports.c.id)
    ).scalar_one()
    return number


def find_import(connection: sa.Connection, number: int) -> PeopleImport | None:
    """The import with this number, or None."""
    row = connection.execute(_imports().where(people_imports.c.id == number)).one_or_none()
    return _import(row) if row else None


def newest_imports(connection: sa.Connection, limit: int) -> Sequence[PeopleImport]:
    """The newest imports, whatever became of them."""
    query = _imports().order_by(people_imports.c.id.desc()).limit(limit)
    return [_import(row) for row in connection.execute(query)]


def content_of(connection: sa.Connection, number: int) -> bytes | None:
    """The file; None once it is deleted."""
    query = sa.select(people_imports.c.content).where(people_imports.c.id == number)
    content: bytes | None = connection.scalar(query)
    return content


def next_running(connection: sa.Connection) -> PeopleImport | None:
    """The oldest import for which something is to be done."""
    running = people_imports.c.state.in_([state.value for state in RUNNING])
    row = connection.execute(
        _imports().where(running).order_by(people_imports.c.id).limit(1)
    ).first()
    return _import(row) if row else None


def choose(
    connection: sa.Connection, number: int, choices: ImportChoices, state: ImportState
) -> bool:
    """Begin to check or to import; False if it has begun, ended or been dropped in the meantime."""
    waits = [ImportState.CHECKED.value, ImportState.REFUSED.value]
    return _set(
        connection,
        number,
        waits,
        choices=asdict(choices),
        state=state.value,
        done=0,
        attempts=0,
        report={},
        problem="",
    )


def note_attempt(connection: sa.Connection, number: int, attempts: int) -> None:
    """Count an attempt before it begins, so that a killed process counts too."""
    _set(connection, number, list(RUNNING), attempts=attempts)


def note_progress(connection: sa.Connection, number: int, done: int) -> None:
    """Store how many octets of the file have been dealt with."""
    _set(connection, number, list(RUNNING), done=done)


def end_run(
    connection: sa.Connection,
    number: int,
    state: ImportState,
    now: datetime,
    *,
    report: Mapping[str, Any] | None = None,
    problem: str = "",
) -> None:
    """Store what a check or an import came to. The file is deleted once it is imported."""
    values: dict[str, Any] = {
        "state": state.value,
        "report": dict(report or {}),
        "problem": problem,
        "finished_at": now,
    }
    if state in (ImportState.DONE, ImportState.FAILED):
        values["content"] = None
    _set(connection, number, list(RUNNING), **values)


def drop_import(connection: sa.Connection, number: int, now: datetime) -> bool:
    """Delete a file that waits for its editor; False if it does not wait."""
    waits = [ImportState.CHECKED.value, ImportState.REFUSED.value]
    state = ImportState.DROPPED.value
    return _set(connection, number, waits, state=state, content=None, report={}, finished_at=now)


def forget_imports(connection: sa.Connection, now: datetime) -> None:
    """Drop the files that waited too long, and delete old reports."""
    table = people_imports
    waits = table.c.state.in_([ImportState.CHECKED.value, ImportState.REFUSED.value])
    connection.execute(
        sa.update(table)
        .where(waits, table.c.at < now - CONTENT_KEPT)
        .values(state=ImportState.DROPPED.value, content=None, report={}, finished_at=now)
    )
    running = table.c.state.in_([state.value for state in RUNNING])
    connection.execute(sa.delete(table).where(table.c.at < now - KEPT, ~running))


def forget_rows_about(connection: sa.Connection, key: str) -> None:
    """Take the rows with an erased person's address out of the reports."""
    table = people_imports
    for number, report in connection.execute(sa.select(table.c.id, table.c.report)).all():
        rows = report.get("rejected_rows", [])
        kept = [row for row in rows if row["address"].casefold() != key]
        if len(kept) != len(rows):
            connection.execute(
                sa.update(table)
                .where(table.c.id == number)
                .values(report={**report, "rejected_rows": kept})
            )


def _set(connection: sa.Connection, number: int, states: Sequence[str], **values: Any) -> bool:
    """Change the import if it is in one of these states; whether it was."""
    table = people_imports
    changed = connection.execute(
        sa.update(table).where(table.c.id == number, table.c.state.in_(states)).values(values)
    )
    return changed.rowcount == 1


def _imports() -> sa.Select[Any]:
    table = people_imports
    columns = [column for column in table.columns if column is not table.c.content]
    return sa.select(*columns, table.c.content.is_not(None).label("has_content"))


def _import(row: sa.Row[Any]) -> PeopleImport:
    values = {**row._mapping, "choices": ImportChoices(**row.choices)}
    return PeopleImport(**{**values, "state": ImportState(row.state)})
