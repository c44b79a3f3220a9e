"""Corrections of stories in sent issues, and the links that they replace."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from newsletter.errors import UnknownNameError
from newsletter.issues.correction import Correction, ReplacedLink
from newsletter.issues.issue import Issue
from newsletter.rendering.edition import Edition, mail_edition
from newsletter.store.issues import issue_id, issue_numbered
from newsletter.store.sending_tables import corrections
from newsletter.store.tables import issues

_OWN = (
    "id",
    "headline",
    "url",
    "text",
    "new_url",
    "written_at",
    "written_by",
    "approved_at",
    "approved_by",
)
_COLUMNS = (
    *(corrections.c[name] for name in _OWN),
    corrections.c.article_key.label("story"),
    issues.c.newsletter,
    issues.c.number,
)
_IS_APPROVED = corrections.c.approved_at.is_not(None)


def add_correction(
    connection: sa.Connection, issue: Issue, correction: Correction, mail: Edition
) -> int:
    """Keep a correction with its mail, in place of one of the same story that is not approved.

    Returns its id; the `id` given is ignored.
    """
    number = issue_id(connection, issue)
    connection.execute(
        sa.delete(corrections).where(
            corrections.c.issue_id == number,
            corrections.c.article_key == correction.story,
            ~_IS_APPROVED,
        )
    )
    row = {name: getattr(correction, name) for name in _OWN if name != "id"}
    added = connection.execute(
        sa.insert(corrections)
        .values(
            **row,
            issue_id=number,
            article_key=correction.story,
            nonce=mail.nonce,
            subject=mail.subject,
            html=mail.html,
            plain=mail.text,
            language=mail.language,
        )
        .returning(corrections.c.id)
    )
    return int(added.scalar_one())


def find_correction(connection: sa.Connection, issue: Issue, number: int) -> Correction:
    """The correction with that id, of this issue. Raises UnknownNameError."""
    row = connection.execute(
        _select().where(
            corrections.c.id == number, corrections.c.issue_id == issue_id(connection, issue)
        )
    ).one_or_none()
    if row is None:
        raise UnknownNameError(
            f"{issue.name} has no such correction",
            fix="somebody may have written it anew: look at the issue's corrections",
        )
    return Correction(**row._mapping)


def corrections_of(connection: sa.Connection, issue: Issue) -> list[Correction]:
    """The issue's corrections, oldest first."""
    rows = connection.execute(
        _select()
        .where(corrections.c.issue_id == issue_id(connection, issue))
        .order_by(corrections.c.id)
    )
    return [Correction(**row._mapping) for row in rows]


def approved_corrections(
    connection: sa.Connection, newsletter: str, numbers: Collection[int]
) -> list[Correction]:
    """The approved corrections of these issues, in the order in which they were approved."""
    rows = connection.execute(
        _select()
        .where(issues.c.newsletter == newsletter, issues.c.number.in_(numbers), _IS_APPROVED)
        .order_by(corrections.c.approved_at, corrections.c.id)
    )
    return [Correction(**row._mapping) for row in rows]


def replaced_links(connection: sa.Connection, newsletter: str) -> list[ReplacedLink]:
    """The links of the newsletter's stories that were replaced, in the order of the approvals."""
    rows = connection.execute(
        sa.select(
            corrections.c.article_key.label("story"), corrections.c.url, corrections.c.new_url
        )
        .join(issues)
        .where(issues.c.newsletter == newsletter, _IS_APPROVED, corrections.c.new_url != "")
        .order_by(corrections.c.approved_at, corrections.c.id)
    )
    return [ReplacedLink(**row._mapping) for row in rows]


def mails_of(connection: sa.Connection, numbers: Sequence[int]) -> dict[int, Edition]:
    """The frozen mails of the corrections with these ids."""
    rows = connection.execute(sa.select(corrections).where(corrections.c.id.in_(numbers)))
    return {
        row.id: mail_edition(
            nonce=row.nonce,
            subject=row.subject,
            html=row.html,
            text=row.plain,
            language=row.language,
            items=[row.article_key],
        )
        for row in rows
    }


def issue_of(connection: sa.Connection, number: int) -> Issue:
    """The issue of the correction with that id, which must exist."""
    row = connection.execute(
        sa.select(corrections.c.issue_id).where(corrections.c.id == number)
    ).one()
    return issue_numbered(connection, row.issue_id)


def approve_correction(
    connection: sa.Connection, correction: Correction, *, by: str, now: datetime
) -> bool:
    """Make the correction public, and its letters due; False if it was approved before."""
    changed = connection.execute(
        sa.update(corrections)
        .where(corrections.c.id == correction.id, ~_IS_APPROVED)
        .values(approved_at=now, approved_by=by, all_queued=not correction.goes_out)
    )
    return changed.rowcount > 0


def discard_correction(connection: sa.Connection, correction: Correction) -> bool:
    """Delete a correction that is not approved; False if it is."""
    deleted = connection.execute(
        sa.delete(corrections).where(corrections.c.id == correction.id, ~_IS_APPROVED)
    )
    return deleted.rowcount > 0


def _select() -> sa.Select[tuple[object, ...]]:
    return sa.select(*_COLUMNS).select_from(corrections.join(issues))
