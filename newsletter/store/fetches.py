"""What fetches left: validators, problems, and when each source is looked at again."""

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
    """What the newsletter's earlier fetches left, by source.

    `fingerprint` stands for the settings that articles were read with: what was remembered
    under other settings is forgotten, so that a changed tag reaches an unchanged feed.
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
    """Keep what a fetch left; `problem` is "" when it went well."""
    values = {
        **asdict(memory),
        "newsletter": newsletter,
        "fingerprint": fingerprint,
        "checked_at": now,
        "problem": problem,
        "interval": round(pace.interval.total_seconds()),
        "failures": pace.failures,
        "next_look": pace.next_look,
        **({} if problem else {"succeeded_at": now}),
    }
    here = (fetches.c.newsletter == newsletter) & (fetches.c.source == memory.source)
    if connection.execute(sa.update(fetches).where(here).values(values)).rowcount == 0:
        connection.execute(sa.insert(fetches).values(values))


def load_paces(connection: sa.Connection, newsletter: str) -> dict[str, Pace]:
    """How often each source of the newsletter is looked at, by its location."""
    rows = connection.execute(sa.select(fetches).where(fetches.c.newsletter == newsletter))
    return {
        row.source: Pace(
            interval=timedelta(seconds=row.interval) if row.interval else FIRST,
            failures=row.failures,
            next_look=row.next_look,
        )
        for row in rows
    }
