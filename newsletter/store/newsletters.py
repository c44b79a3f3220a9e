"""What the site remembers of each newsletter, and whether it may send at all."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from newsletter.store.tables import newsletters, site
from subscribers.sql import insert_once


def ensure_newsletter(connection: sa.Connection, slug: str, now: datetime) -> None:
    """Begin the newsletter's history at `now`, unless it has one."""
    insert_once(connection, newsletters, {"slug": slug, "first_seen": now})


def lock_newsletter(connection: sa.Connection, slug: str, now: datetime) -> None:
    """Hold the newsletter until the transaction ends: two commands at once take turns."""
    ensure_newsletter(connection, slug, now)
    connection.execute(
        sa.select(newsletters.c.slug).where(newsletters.c.slug == slug).with_for_update()
    )


def first_seen(connection: sa.Connection, slug: str) -> datetime | None:
    """When the site first saw the newsletter: due times before do not count."""
    return _moment(connection, newsletters.c.first_seen, slug)


def watermark(connection: sa.Connection, slug: str) -> datetime | None:
    """Where the next window starts, or None before the first draft."""
    return _moment(connection, newsletters.c.watermark, slug)


def begin_at(connection: sa.Connection, slug: str, moment: datetime) -> None:
    """The first window starts at `moment`; a newsletter that has a watermark keeps it."""
    connection.execute(
        sa.update(newsletters)
        .where(newsletters.c.slug == slug, newsletters.c.watermark.is_(None))
        .values(watermark=moment)
    )


def advance_watermark(
    connection: sa.Connection, slug: str, moment: datetime, *, closed: datetime
) -> None:
    """An issue took everything up to `moment`, and did so at `closed`; neither goes back."""
    for column, value in ((newsletters.c.watermark, moment), (newsletters.c.closed, closed)):
        connection.execute(
            sa.update(newsletters)
            .where(newsletters.c.slug == slug, column.is_(None) | (column < value))
            .values({column: value})
        )


def last_closing(connection: sa.Connection, slug: str) -> datetime | None:
    """When the last issue that went out took its articles."""
    return _moment(connection, newsletters.c.closed, slug)


def passed(connection: sa.Connection, slug: str) -> datetime | None:
    """Up to when `run` has looked and left nothing to do."""
    return _moment(connection, newsletters.c.passed, slug)


def pass_over(connection: sa.Connection, slug: str, now: datetime) -> None:
    """Let no due time up to `now` count any more.

    So neither a new schedule nor the end of a pause or holiday makes a past occasion due.
    """
    connection.execute(sa.update(newsletters).where(newsletters.c.slug == slug).values(passed=now))


def rewind(connection: sa.Connection, slug: str, now: datetime) -> bool:
    """Bring a history that lies ahead of `now` back to it; returns whether there was one.

    A clock that ran ahead closed a window in the future: what is published until then would
    belong to no issue. What the issue took stays taken.
    """
    ahead = False
    for column in (newsletters.c.watermark, newsletters.c.closed):
        changed = connection.execute(
            sa.update(newsletters)
            .where(newsletters.c.slug == slug, column > now)
            .values({column: now})
        )
        ahead = ahead or changed.rowcount > 0
    return ahead


def _moment(
    connection: sa.Connection, column: sa.Column[datetime | None], slug: str
) -> datetime | None:
    moment: datetime | None = connection.execute(
        sa.select(column).where(newsletters.c.slug == slug)
    ).scalar_one_or_none()
    return moment


def is_armed(connection: sa.Connection) -> bool:
    """Whether the site may send: a database restored from a backup may not until armed."""
    value: str | None = connection.execute(
        sa.select(site.c.value).where(site.c.key == "armed")
    ).scalar_one_or_none()
    return value != "no"


def set_armed(connection: sa.Connection, armed: bool) -> None:
    """Arm or disarm sending."""
    connection.execute(sa.delete(site).where(site.c.key == "armed"))
    connection.execute(sa.insert(site).values(key="armed", value="yes" if armed else "no"))
