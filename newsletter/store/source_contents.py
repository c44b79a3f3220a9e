"""What each source showed when it was last read, and how its fetches went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.articles.source_finding import SourceFinding
from newsletter.store.tables import fetches


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceState:
    """The state of one source for one newsletter.

    `entries`, `newest` and `findings` are of the last reading that was not unchanged; `problem` is
    why the last fetch failed, or "".
    """

    newsletter: str
    location: str
    checked_at: datetime
    succeeded_at: datetime | None
    problem: str
    interval: timedelta | None
    next_check: datetime | None
    entries: int | None
    newest: datetime | None
    findings: tuple[SourceFinding, ...]


def save_contents(
    connection: sa.Connection,
    newsletter: str,
    location: str,
    dates: Sequence[datetime],
    findings: Sequence[SourceFinding],
) -> None:
    """Store what the source shows: the dates of its entries, and the findings about it."""
    connection.execute(
        sa.update(fetches)
        .where(fetches.c.newsletter == newsletter, fetches.c.source == location)
        .values(
            entries=len(dates),
            newest=max(dates, default=None),
            findings=[asdict(finding) for finding in findings],
        )
    )


def load_states(connection: sa.Connection) -> list[SourceState]:
    """The state of every source that was ever fetched."""
    rows = connection.execute(sa.select(fetches).order_by(fetches.c.newsletter, fetches.c.source))
    return [
        SourceState(
            newsletter=row.newsletter,
            location=row.source,
            checked_at=row.checked_at,
            succeeded_at=row.succeeded_at,
            problem=row.problem,
            interval=timedelta(seconds=row.interval) if row.interval else None,
            next_check=row.next_look,
            entries=row.entries,
            newest=row.newest,
            findings=tuple(SourceFinding(**finding) for finding in row.findings or ()),
        )
        for row in rows
    ]
