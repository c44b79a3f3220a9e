"""How often the links for reviewers of an issue were ended: a link made before the last time is dead."""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.issues.issue import Issue
from newsletter.store.issues import issue_id
from newsletter.store.tables import issues


def times_ended(connection: sa.Connection, issue: Issue) -> int:
    """How often all links to the issue were ended."""
    number = issue_id(connection, issue)
    ended: int = connection.execute(
        sa.select(issues.c.shares_ended).where(issues.c.id == number)
    ).scalar_one()
    return ended


def end_links(connection: sa.Connection, issue: Issue) -> None:
    """End all links to the issue that were made until now."""
    connection.execute(
        sa.update(issues)
        .where(issues.c.id == issue_id(connection, issue))
        .values(shares_ended=issues.c.shares_ended + 1)
    )
