"""Issues with their items and the articles that they left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from pydantic import ConfigDict, TypeAdapter

from newsletter.errors import NotPermittedError, UnknownNameError
from newsletter.issues.blocks import Block
from newsletter.issues.issue import (
    MAY_BECOME,
    OPEN_STATES,
    Issue,
    Item,
    LeftOut,
    State,
    Window,
    Words,
)
from newsletter.issues.reasons import (
    StateNote,
    note_from_json,
    note_to_json,
)
from newsletter.issues.selection import Selection, selection_from_json, selection_to_json
from newsletter.store.item_rows import item_of, item_row, left_out_of
from newsletter.store.tables import issues, items, left_out, used_keys

BLOCKS: TypeAdapter[tuple[Block, ...]] = TypeAdapter(
    tuple[Block, ...], config=ConfigDict(defer_build=True)
)


def find_issue(connection: sa.Connection, newsletter: str, number: int | None) -> Issue:
    """The issue of that number; for None the one that is open or being sent, else the newest.

    Raises UnknownNameError if there is none.
    """
    query = sa.select(issues).where(issues.c.newsletter == newsletter)
    if number is not None:
        row = connection.execute(query.where(issues.c.number == number)).one_or_none()
    else:
        current = [*OPEN_STATES, State.SENDING, State.STOPPED]
        row = connection.execute(
            query.order_by(issues.c.state.in_(current).desc(), issues.c.number.desc()).limit(1)
        ).one_or_none()
    if row is None:
        name = newsletter if number is None else f"{newsletter}/{number}"
        raise UnknownNameError(
            f"there is no issue {name}", fix=f"make one with `newsletter draft {newsletter}`"
        )
    return _issue(connection, row)


def version_of(connection: sa.Connection, newsletter: str, number: int) -> int:
    """The issue's version alone, without its items. Raises UnknownNameError."""
    version: int | None = connection.execute(
        sa.select(issues.c.version).where(
            issues.c.newsletter == newsletter, issues.c.number == number
        )
    ).scalar()
    if version is None:
        raise UnknownNameError(f"there is no issue {newsletter}/{number}")
    return version


def open_issue(connection: sa.Connection, newsletter: str) -> Issue | None:
    """The newsletter's issue that has not begun to be sent, if there is one."""
    row = connection.execute(
        sa.select(issues)
        .where(issues.c.newsletter == newsletter, issues.c.state.in_(OPEN_STATES))
        .order_by(issues.c.number.desc())
        .limit(1)
    ).one_or_none()
    return _issue(connection, row) if row is not None else None


def all_issues(connection: sa.Connection, newsletter: str | None = None) -> list[Issue]:
    """All issues, or those of one newsletter, oldest first, without items."""
    query = sa.select(issues).order_by(issues.c.newsletter, issues.c.number)
    if newsletter is not None:
        query = query.where(issues.c.newsletter == newsletter)
    return [_bare_issue(row) for row in connection.execute(query)]


def newest_issues(connection: sa.Connection, newsletter: str, limit: int) -> list[Issue]:
    """The newest issues of the newsletter, the newest first, without items."""
    query = sa.select(issues).where(issues.c.newsletter == newsletter)
    rows = connection.execute(query.order_by(issues.c.number.desc()).limit(limit))
    return [_bare_issue(row) for row in rows]


def has_gone_out(connection: sa.Connection, newsletter: str) -> bool:
    """Whether the sending of an issue of the newsletter has ever begun."""
    begun = sa.select(issues.c.id).where(
        issues.c.newsletter == newsletter,
        issues.c.state.in_([State.SENDING, State.SENT, State.STOPPED]),
    )
    return connection.execute(begun.limit(1)).first() is not None


def issue_numbered(connection: sa.Connection, number: int) -> Issue:
    """The issue in the row with that id, which must exist."""
    return _issue(
        connection, connection.execute(sa.select(issues).where(issues.c.id == number)).one()
    )


def state_of(connection: sa.Connection, issue: Issue) -> State:
    """The present state of the issue."""
    found = sa.select(issues.c.state).where(
        issues.c.newsletter == issue.newsletter, issues.c.number == issue.number
    )
    return State(connection.execute(found).scalar_one())


def issue_id(connection: sa.Connection, issue: Issue) -> int:
    """The id of the issue's row."""
    number: int = connection.execute(
        sa.select(issues.c.id).where(
            issues.c.newsletter == issue.newsletter, issues.c.number == issue.number
        )
    ).scalar_one()
    return number


def send_times(connection: sa.Connection, issue: Issue) -> tuple[datetime | None, datetime | None]:
    """When the issue was approved, and when its send began."""
    row = connection.execute(
        sa.select(issues.c.approved_at, issues.c.send_started_at).where(
            issues.c.id == issue_id(connection, issue)
        )
    ).one()
    return row.approved_at, row.send_started_at


def audience_of(connection: sa.Connection, issue: Issue) -> int | None:
    """The number of planned deliveries; None before they are planned."""
    audience: int | None = connection.execute(
        sa.select(issues.c.audience).where(issues.c.id == issue_id(connection, issue))
    ).scalar_one()
    return audience


def next_number(connection: sa.Connection, newsletter: str) -> int:
    """The number of the newsletter's next issue."""
    newest = connection.execute(
        sa.select(sa.func.max(issues.c.number)).where(issues.c.newsletter == newsletter)
    ).scalar_one()
    return (newest or 0) + 1


def occasions(connection: sa.Connection, newsletter: str) -> list[tuple[datetime, date]]:
    """Due time and local date of every issue that has served or skipped its occasion."""
    rows = connection.execute(
        sa.select(issues.c.due, issues.c.due_date).where(
            issues.c.newsletter == newsletter, issues.c.state.not_in(OPEN_STATES)
        )
    )
    return [(row.due, date.fromisoformat(row.due_date)) for row in rows]


def sent_items(
    connection: sa.Connection, newsletter: str, *, since: datetime
) -> list[tuple[Item, datetime]]:
    """The shown items of the issues sent since then, with the time of the send; oldest first."""
    rows = connection.execute(
        sa.select(items, issues.c.send_started_at)
        .join(issues, issues.c.id == items.c.issue_id)
        .where(
            issues.c.newsletter == newsletter,
            issues.c.send_started_at >= since,
            items.c.hidden.is_(False),
        )
        .order_by(issues.c.number, items.c.position)
    )
    return [(item_of(row), row.send_started_at) for row in rows]


def save_draft(connection: sa.Connection, issue: Issue, *, due_date: str) -> None:
    """Save the issue with its items; a draft of the same number is replaced."""
    values = {
        "newsletter": issue.newsletter,
        "number": issue.number,
        "state": issue.state,
        "window_start": issue.window.start,
        "window_end": issue.window.end,
        "due": issue.due,
        "due_date": due_date,
        "subject": issue.subject,
        "preheader": issue.preheader,
        "note": note_to_json(issue.note),
        "words": asdict(issue.words),
        "blocks": BLOCKS.dump_python(issue.blocks, mode="json"),
    }
    here = (issues.c.newsletter == issue.newsletter) & (issues.c.number == issue.number)
    newer = {**values, "version": issues.c.version + 1}
    if connection.execute(sa.update(issues).where(here).values(newer)).rowcount == 0:
        connection.execute(sa.insert(issues).values({**values, "version": 1}))
    number = issue_id(connection, issue)
    # The editions of an earlier approval stay: the desk shows what has changed since.
    for table in (items, left_out):
        connection.execute(sa.delete(table).where(table.c.issue_id == number))
    insert_rows(connection, items, (item_row(number, item) for item in issue.items))
    insert_rows(
        connection,
        left_out,
        (
            {"issue_id": number, "position": position, **asdict(entry)}
            for position, entry in enumerate(issue.left_out)
        ),
    )


def move(
    connection: sa.Connection,
    issue: Issue,
    to: State,
    *,
    note: StateNote | None = None,
    selection: Selection | None = None,
    **moments: Any,
) -> None:
    """Change the state of the issue, if it is still that of `issue` and the change is allowed.

    `selection` is frozen by an approval. `moments` are further columns (approved_at, window_end
    …). Raises NotPermittedError if the change is not allowed.
    """
    if selection is not None:
        moments["selection"] = selection_to_json(selection)
    if to in (State.DRAFT, State.HELD):
        # They belong to the approval, which is withdrawn.
        moments |= {"send_at": None, "selection": None}
    if to not in MAY_BECOME[issue.state]:
        raise NotPermittedError(
            f"{issue.name} is {issue.state} and cannot become {to}",
            fix=f"check it with `newsletter status {issue.name}`",
        )
    changed = connection.execute(
        sa.update(issues)
        .where(issues.c.id == issue_id(connection, issue), issues.c.state == issue.state)
        .values(state=to, note=note_to_json(note), version=issues.c.version + 1, **moments)
    )
    if changed.rowcount == 0:
        raise NotPermittedError(
            f"{issue.name} was changed by somebody else in the meantime",
            fix=f"check it with `newsletter status {issue.name}`",
        )


def take_articles(connection: sa.Connection, issue: Issue) -> None:
    """Store that the issue took its articles; later issues get them only if pinned."""
    number = issue_id(connection, issue)
    keys = sorted({key for item in issue.shown_items for key in item.article.keys})
    connection.execute(sa.delete(used_keys).where(used_keys.c.issue_id == number))
    insert_rows(
        connection,
        used_keys,
        ({"newsletter": issue.newsletter, "article_key": key, "issue_id": number} for key in keys),
    )


def used_by(connection: sa.Connection, newsletter: str) -> dict[str, str]:
    """The issue that took each story, with its date, by the keys of the story."""
    rows = connection.execute(
        sa.select(used_keys.c.article_key, issues.c.number, issues.c.due_date)
        .join(issues, issues.c.id == used_keys.c.issue_id)
        .where(used_keys.c.newsletter == newsletter)
        .order_by(issues.c.number.desc())
    )
    return {row.article_key: f"{newsletter}/{row.number} ({row.due_date})" for row in rows}


def insert_rows(connection: sa.Connection, table: sa.Table, rows: Iterable[dict[str, Any]]) -> None:
    """Insert the rows, if there are any."""
    if listed := list(rows):
        connection.execute(sa.insert(table), listed)


def _issue(connection: sa.Connection, row: sa.Row[Any]) -> Issue:
    of_issue = connection.execute(
        sa.select(items).where(items.c.issue_id == row.id).order_by(items.c.position)
    )
    out = connection.execute(
        sa.select(left_out).where(left_out.c.issue_id == row.id).order_by(left_out.c.position)
    )
    return _bare_issue(
        row,
        tuple(item_of(item) for item in of_issue),
        tuple(left_out_of(entry) for entry in out),
    )


def _bare_issue(
    row: sa.Row[Any], its_items: Sequence[Item] = (), out: Sequence[LeftOut] = ()
) -> Issue:
    return Issue(
        newsletter=row.newsletter,
        number=row.number,
        state=State(row.state),
        window=Window(start=row.window_start, end=row.window_end),
        due=row.due,
        subject=row.subject,
        preheader=row.preheader,
        items=tuple(its_items),
        left_out=tuple(out),
        note=note_from_json(row.note),
        words=Words(**row.words),
        blocks=BLOCKS.validate_python(row.blocks),
        version=row.version,
        send_at=row.send_at,
        selection=selection_from_json(row.selection),
    )
