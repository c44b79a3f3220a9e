"""The log of an issue's edits: what was changed, by whom, and how to undo it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from newsletter.issues.edits import Edit, edits_from_json, edits_to_json, targets_of
from newsletter.issues.issue import Issue
from newsletter.issues.reasons import note_to_json
from newsletter.store.issues import BLOCKS, find_issue, insert_rows, issue_id
from newsletter.store.item_rows import item_row
from newsletter.store.tables import edits, issues, items, left_out


@dataclass(frozen=True, kw_only=True, slots=True)
class LoggedEdit:
    """One entry of an issue's history; `version` is the issue's version after the edit."""

    version: int
    at: datetime
    editor: str
    said: str
    targets: frozenset[str]
    done: tuple[Edit, ...]
    inverse: tuple[Edit, ...]
    undoes: int | None
    undone_by: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewEdit:
    """An entry to add: `done` are the edits and `inverse` those that undo them.

    `said` describes it for people; `undoes` is the version that it takes back or redoes.
    """

    editor: str
    said: str
    done: Sequence[Edit]
    inverse: Sequence[Edit]
    undoes: int | None = None


def lock_issue(connection: sa.Connection, newsletter: str, number: int | None) -> Issue:
    """The issue, locked until the transaction ends, so that concurrent edits take turns."""
    issue = find_issue(connection, newsletter, number)
    connection.execute(
        sa.select(issues.c.id).where(issues.c.id == issue_id(connection, issue)).with_for_update()
    )
    return find_issue(connection, newsletter, issue.number)


def save_edited(connection: sa.Connection, before: Issue, after: Issue) -> Issue:
    """Write the differences and increment the version; returns the saved issue."""
    number = issue_id(connection, before)
    connection.execute(
        sa.update(issues)
        .where(issues.c.id == number)
        .values(
            subject=after.subject,
            preheader=after.preheader,
            note=note_to_json(after.note),
            words=asdict(after.words),
            blocks=BLOCKS.dump_python(after.blocks, mode="json"),
            version=before.version + 1,
        )
    )
    old = {item.article.key: item for item in before.items}
    new = {item.article.key: item for item in after.items}
    changed = [key for key, item in new.items() if old.get(key) != item]
    gone = [*changed, *(key for key in old if key not in new)]
    if gone:
        connection.execute(
            sa.delete(items).where(items.c.issue_id == number, items.c.article_key.in_(gone))
        )
    insert_rows(connection, items, (item_row(number, new[key]) for key in changed))
    if before.left_out != after.left_out:
        connection.execute(sa.delete(left_out).where(left_out.c.issue_id == number))
        insert_rows(
            connection,
            left_out,
            (
                {"issue_id": number, "position": position, **asdict(entry)}
                for position, entry in enumerate(after.left_out)
            ),
        )
    return find_issue(connection, after.newsletter, after.number)


def log_edit(connection: sa.Connection, issue: Issue, edit: NewEdit, now: datetime) -> None:
    """Add the edit whose result is `issue` to its history."""
    connection.execute(
        sa.insert(edits).values(
            issue_id=issue_id(connection, issue),
            version=issue.version,
            at=now,
            editor=edit.editor,
            said=edit.said,
            targets=sorted(targets_of_all(edit.done)),
            done=edits_to_json(edit.done),
            inverse=edits_to_json(edit.inverse),
            undoes=edit.undoes,
        )
    )


def mark_undone(connection: sa.Connection, issue: Issue, version: int, by: int | None) -> None:
    """Mark the edit of that version as undone by the version `by`, or as redone (None)."""
    connection.execute(
        sa.update(edits)
        .where(edits.c.issue_id == issue_id(connection, issue), edits.c.version == version)
        .values(undone_by=by)
    )


def history(
    connection: sa.Connection, issue: Issue, *, since: int = 0, limit: int | None = None
) -> list[LoggedEdit]:
    """The edits after version `since`, newest first."""
    rows = connection.execute(
        sa.select(edits)
        .where(edits.c.issue_id == issue_id(connection, issue), edits.c.version > since)
        .order_by(edits.c.version.desc())
        .limit(limit)
    )
    return [_logged(row) for row in rows]


def targets_of_all(done: Iterable[Edit]) -> frozenset[str]:
    """All targets that these edits change."""
    return frozenset(target for edit in done for target in targets_of(edit))


def _logged(row: sa.Row[Any]) -> LoggedEdit:
    return LoggedEdit(
        version=row.version,
        at=row.at,
        editor=row.editor,
        said=row.said,
        targets=frozenset(row.targets),
        done=edits_from_json(row.done),
        inverse=edits_from_json(row.inverse),
        undoes=row.undoes,
        undone_by=row.undone_by,
    )
