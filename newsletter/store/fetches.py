"""What each fetch stored: validators, problems, and when its source is checked again."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.articles.fetch import FetchMemory
from newsletter.articles.pace import FIRST, Pace
from newsletter.store.tables import fetches


def load_memories(
    connection: sa.Connection, newsletter: str, fingerprint: str
) -> dict[str, FetchMemory]:
    """The memories of the newsletter's earlier fetches, by source.

    `fingerprint` identifies the settings with which articles were read. Memories of other
    settings are ignored, so that a changed tag takes effect in an unchanged feed.
    """
    rows = connection.execute(
        sa.select(fetches).where(
            fetches.c.newsletter == newsletter, fetches.c.fingerprint == fingerprint
        )
    )
    return {
        row.source: FetchMemory(
            source=row.source,
            etag=row.etag,
            last_modified=row.last_modified,
            body_hash=row.body_hash,
            not_before=row.not_before,
        )
        for row in rows
    }


def was_read(connection: sa.Connection, newsletter: str, source: str) -> bool:
    """Whether the newsletter has ever read the source."""
    here = (fetches.c.newsletter == newsletter) & (fetches.c.source == source)
    return (
        connection.execute(
            sa.select(fetches.c.source).where(here, fetches.c.succeeded_at.is_not(None))
        ).first()
        is not None
    )


def save_memory(
    connection: sa.Connection,
    newsletter: str,
    memory: FetchMemory,
    *,
    fingerprint: str,
    problem: str,
    pace: Pace,
    now: datetime,
) -> None:
    """Store the memory of a fetch; `problem` is "" if the fetch succeeded."""
    values = {
        **asdict(memory),
        "newsletter": newsletter,
        "fingerprint": fingerprint,
        "checked_at": now,
        "problem": problem,
        "interval": round(pace.interval.total_seconds()),
        "failures": pace.failures,
        "next_look": pace.next_check,
        **({} if problem else {"succeeded_at": now}),
    }
    here = (fetches.c.newsletter == newsletter) & (fetches.c.source == memory.source)
    if connection.execute(sa.update(fetches).where(here).values(values)).rowcount == 0:
        connection.execute(sa.insert(fetches).values(values))


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
