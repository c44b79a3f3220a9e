"""Which due times the editors were reminded of."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from newsletter.issues.issue import Issue
from newsletter.store.tables import issues


def is_reminded(connection: sa.Connection, newsletter: str, due: datetime) -> bool:
    """Whether the newsletter's editors were reminded of this due time."""
    return (
        connection.execute(
            sa.select(issues.c.id)
            .where(issues.c.newsletter == newsletter, issues.c.reminded == due)
            .limit(1)
        ).first()
        is not None
    )


def remember_reminder(connection: sa.Connection, issue: Issue, due: datetime | None) -> bool:
    """Store that the editors are reminded of `due`; returns False if that was stored already.

    None removes what was stored.
    """
    changed = connection.execute(
        sa.update(issues)
        .where(
            issues.c.newsletter == issue.newsletter,
            issues.c.number == issue.number,
            issues.c.reminded.is_distinct_from(due),
        )
        .values(reminded=due)
    )
    return changed.rowcount > 0
