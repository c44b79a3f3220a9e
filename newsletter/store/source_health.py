"""How the sources of newsletters are doing, from what their last fetches stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.articles.pace import FIRST
from newsletter.articles.source_finding import SourceFinding
from newsletter.store.tables import fetches


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceHealth:
    """What the last fetches of a source showed.

    `failing_since` is when the first of its failures in a row was seen; None if it was read.
    `moved_to` is where permanent redirects lead. `turned_over_at` is when a fetch last showed
    nothing of the one before it, and `interval` how often the source is fetched now. `entries`,
    `newest` (its newest entry) and `findings` are of the last reading that was not unchanged.
    """

    newsletter: str
    location: str
    problem: str = ""
    checked_at: datetime
    succeeded_at: datetime | None = None
    failing_since: datetime | None = None
    moved_to: str = ""
    turned_over_at: datetime | None = None
    interval: timedelta = FIRST
    next_check: datetime | None = None
    entries: int | None = None
    newest: datetime | None = None
    findings: tuple[SourceFinding, ...] = ()


def load_health(
    connection: sa.Connection, locations: Mapping[str, Collection[str]]
) -> list[SourceHealth]:
    """The health of these sources, by newsletter and location; of those that were ever read."""
    rows = connection.execute(
        sa.select(fetches)
        .where(fetches.c.newsletter.in_(locations))
        .order_by(fetches.c.newsletter, fetches.c.source)
    )
    return [
        SourceHealth(
            newsletter=row.newsletter,
            location=row.source,
            problem=row.problem,
            checked_at=row.checked_at,
            succeeded_at=row.succeeded_at,
            failing_since=row.failing_since,
            moved_to=row.moved_to,
            turned_over_at=row.turned_over_at,
            interval=timedelta(seconds=row.interval) if row.interval else FIRST,
            next_check=row.next_look,
            entries=row.entries,
            newest=row.newest,
            findings=tuple(SourceFinding(**finding) for finding in row.findings or ()),
        )
        for row in rows
        if row.source in locations[row.newsletter]
    ]
