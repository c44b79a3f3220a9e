"""What each fetch stored: validators, problems, and when its source is checked again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.articles.fetch import FetchMemory
from newsletter.articles.pace import FIRST, Pace
from newsletter.articles.source_finding import SourceFinding
from newsletter.store.tables import fetches


def load_memories(
    connection: sa.Connection, newsletter: str, fingerprint: str, now: datetime
) -> dict[str, FetchMemory]:
    """The memories of the newsletter's earlier fetches, by source, for requests at `now`.

    `fingerprint` identifies the settings with which articles were read. Memories of other
    settings are ignored, so that a changed tag takes effect in an unchanged feed. A source's
    first request of a day (UTC) has no validators: some servers answer 304 to them for ever.
    """
    today = now.astimezone(UTC).date()
    rows = connection.execute(
        sa.select(fetches).where(
            fetches.c.newsletter == newsletter, fetches.c.fingerprint == fingerprint
        )
    )
    return {
        row.source: FetchMemory(
            source=row.source,
            etag=row.etag if row.checked_at.date() == today else "",
            last_modified=row.last_modified if row.checked_at.date() == today else "",
            body_hash=row.body_hash,
            not_before=row.not_before,
        )
        for row in rows
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceContents:
    """What a source shows: the dates of its entries, and the findings about it."""

    dates: Sequence[datetime]
    findings: Sequence[SourceFinding]


@dataclass(frozen=True, kw_only=True, slots=True)
class FetchResult:
    """What one fetch leaves behind; `problem` is "" if it succeeded.

    `contents` is None if the source shows what it showed before.
    """

    memory: FetchMemory
    problem: str
    pace: Pace
    moved_to: str = ""
    turned_over: bool = False
    contents: SourceContents | None = None


def sources_read(connection: sa.Connection, newsletter: str) -> frozenset[str]:
    """The sources that the newsletter has ever read successfully, by location."""
    here = (fetches.c.newsletter == newsletter) & fetches.c.succeeded_at.is_not(None)
    return frozenset(connection.scalars(sa.select(fetches.c.source).where(here)))


def save_results(
    connection: sa.Connection,
    newsletter: str,
    results: Sequence[FetchResult],
    *,
    fingerprint: str,
    now: datetime,
) -> None:
    """Store what the fetches at `now` leave behind."""
    sources = [result.memory.source for result in results]
    stored = connection.execute(
        sa.select(fetches.c.source, *_KEPT).where(
            fetches.c.newsletter == newsletter, fetches.c.source.in_(sources)
        )
    )
    before = {row.source: row._asdict() for row in stored}
    rows = [
        _row(newsletter, result, before.get(result.memory.source, _NOTHING), fingerprint, now)
        for result in results
    ]
    if rows:
        connection.execute(
            sa.delete(fetches).where(
                fetches.c.newsletter == newsletter, fetches.c.source.in_(sources)
            )
        )
        connection.execute(sa.insert(fetches), rows)


_KEPT = (
    fetches.c.succeeded_at,
    fetches.c.failing_since,
    fetches.c.moved_to,
    fetches.c.turned_over_at,
    fetches.c.entries,
    fetches.c.newest,
    fetches.c.findings,
)
"""What a fetch may leave as it is."""
_NOTHING: Mapping[str, Any] = {
    "succeeded_at": None,
    "failing_since": None,
    "moved_to": "",
    "turned_over_at": None,
    "entries": None,
    "newest": None,
    "findings": None,
}


def _row(
    newsletter: str,
    result: FetchResult,
    before: Mapping[str, Any],
    fingerprint: str,
    now: datetime,
) -> dict[str, Any]:
    values = {
        **before,
        **asdict(result.memory),
        "newsletter": newsletter,
        "fingerprint": fingerprint,
        "checked_at": now,
        "problem": result.problem,
        "interval": round(result.pace.interval.total_seconds()),
        "failures": result.pace.failures,
        "next_look": result.pace.next_check,
    }
    if result.contents is not None:
        values |= {
            "entries": len(result.contents.dates),
            "newest": max(result.contents.dates, default=None),
            "findings": [asdict(finding) for finding in result.contents.findings],
        }
    if result.problem:
        return {**values, "failing_since": before["failing_since"] or now}
    return {
        **values,
        "succeeded_at": now,
        "failing_since": None,
        "moved_to": result.moved_to,
        "turned_over_at": now if result.turned_over else before["turned_over_at"],
    }


def forget_others(connection: sa.Connection, newsletter: str, sources: Collection[str]) -> None:
    """Forget the fetches of all sources but these, as they are not configured any more."""
    known = connection.execute(
        sa.select(fetches.c.source).where(fetches.c.newsletter == newsletter)
    )
    if gone := {row.source for row in known} - set(sources):
        connection.execute(
            sa.delete(fetches).where(fetches.c.newsletter == newsletter, fetches.c.source.in_(gone))
        )


def load_paces(connection: sa.Connection, newsletter: str) -> dict[str, Pace]:
    """How often each source of the newsletter is checked, by its location."""
    rows = connection.execute(sa.select(fetches).where(fetches.c.newsletter == newsletter))
    return {
        row.source: Pace(
            interval=timedelta(seconds=row.interval) if row.interval else FIRST,
            failures=row.failures,
            next_check=row.next_look,
        )
        for row in rows
    }
