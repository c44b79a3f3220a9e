"""The alerts sent to the operators, recorded so that each problem is reported once a day."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.store.tables import site

AGAIN_AFTER = timedelta(days=1)
"""The time after which a persisting problem is reported again."""


def claim(connection: sa.Connection, about: str, problem: str, now: datetime) -> bool:
    """Whether to report this problem now; a caller that gets True must do so."""
    key = _key(about)
    before: str | None = connection.execute(
        sa.select(site.c.value).where(site.c.key == key)
    ).scalar_one_or_none()
    if before is not None:
        at, _, known = before.partition(" ")
        if known == problem and now - datetime.fromisoformat(at) < AGAIN_AFTER:
            return False
    forget(connection, about)
    connection.execute(sa.insert(site).values(key=key, value=f"{now.isoformat()} {problem}"))
    return True


def forget(connection: sa.Connection, about: str) -> None:
    """Forget the problem because it is over or could not be reported."""
    connection.execute(sa.delete(site).where(site.c.key == _key(about)))


def _key(about: str) -> str:
    return f"trouble {about}"
