"""The sending time that an editor chose for an approved issue, in place of its due time."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from newsletter.errors import NotPermittedError
from newsletter.issues.due import Chosen
from newsletter.issues.issue import OPEN_STATES, Issue, State
from newsletter.store.issues import issue_id
from newsletter.store.tables import issues


def chosen_time(connection: sa.Connection, newsletter: str) -> Chosen | None:
    """The time that an editor chose for the approved issue, if there is such an issue."""
    row = connection.execute(
        sa.select(issues.c.due, issues.c.send_at).where(
            issues.c.newsletter == newsletter,
            issues.c.state == State.APPROVED,
            issues.c.send_at.is_not(None),
        )
    ).first()
    return Chosen(due=row.due, send_at=row.send_at) if row is not None else None


def choose_time(connection: sa.Connection, issue: Issue, moment: datetime | None) -> None:
    """Send the approved issue at `moment`; None means when it is due.

    Raises NotPermittedError for an issue that is not approved.
    """
    changed = connection.execute(
        sa.update(issues)
        .where(issues.c.id == issue_id(connection, issue), issues.c.state == State.APPROVED)
        .values(send_at=moment, version=issues.c.version + 1)
    )
    if changed.rowcount == 0:
        began = issue.state not in OPEN_STATES | {State.SKIPPED}
        raise NotPermittedError(
            f"{issue.name} is {issue.state}, not approved",
            fix="its send has begun: the time of the next issue can be chosen"
            if began
            else f"approve it with `newsletter approve {issue.name}`",
        )
