"""What the operators have been told, so that each trouble is told once a day and not every minute."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from newsletter.store.tables import site

AGAIN_AFTER = timedelta(days=1)
"""A trouble that lasts is told again."""


def claim(connection: sa.Connection, about: str, trouble: str, now: datetime) -> bool:
    """Whether to tell of this trouble now; whoever is told True does so."""
    key = _key(about)
    before: str | None = connection.execute(
        sa.select(site.c.value).where(site.c.key == key)
    ).scalar_one_or_none()
    if before is not None:
        at, _, known = before.partition(" ")
        if known == trouble and now - datetime.fromisoformat(at) < AGAIN_AFTER:
            return False
    forget(connection, about)
    connection.execute(sa.insert(site).values(key=key, value=f"{now.isoformat()} {trouble}"))
    return True


def forget(connection: sa.Connection, about: str) -> None:
    """It is over, or could not be told: next time it is told anew."""
    connection.execute(sa.delete(site).where(site.c.key == _key(about)))


def _key(about: str) -> str:
    return f"trouble {about}"
