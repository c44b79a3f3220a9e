"""The texts of issues and of their undoable edits that name a picture at some address."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from newsletter.issues.issue import OPEN_STATES
from newsletter.store.tables import articles, edits, issues, items


def texts_with(connection: sa.Connection, address: str) -> Iterator[str]:
    """Each stored text of an issue, of an edit that can still be undone, or of an article's picture
    that contains this part of an address.
    """
    open_issues = sa.select(issues.c.id).where(issues.c.state.in_(sorted(OPEN_STATES)))
    undoable = edits.c.issue_id.in_(open_issues)
    everywhere = sa.true()
    for column, where in (
        (sa.cast(items.c.overrides, sa.Text), everywhere),
        (items.c.article["image"]["url"].as_string(), everywhere),
        (sa.cast(issues.c.blocks, sa.Text), everywhere),
        (sa.cast(issues.c.words, sa.Text), everywhere),
        (sa.cast(articles.c.image, sa.Text), everywhere),
        (sa.cast(edits.c.done, sa.Text), undoable),
        (sa.cast(edits.c.inverse, sa.Text), undoable),
    ):
        found = sa.select(column).where(where, column.contains(address, autoescape=True))
        yield from connection.scalars(found)
