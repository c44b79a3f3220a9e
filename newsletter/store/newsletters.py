"""The stored history of each newsletter, and whether the site may send at all."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from newsletter.store.tables import newsletters, site
from subscribers.sql import insert_once


def ensure_newsletter(connection: sa.Connection, slug: str, now: datetime) -> None:
    """Store `now` as the beginning of the newsletter's history, unless it has one."""
    insert_once(connection, newsletters, {"slug": slug, "first_seen": now})


def lock_newsletter(connection: sa.Connection, slug: str, now: datetime) -> None:
    """Lock the newsletter until the transaction ends, so that concurrent commands take turns."""
    ensure_newsletter(connection, slug, now)
    connection.execute(
        sa.select(newsletters.c.slug).where(newsletters.c.slug == slug).with_for_update()
    )


def first_seen(connection: sa.Connection, slug: str) -> datetime | None:
    """When the site first saw the newsletter; earlier due times do not count."""
    return _moment(connection, newsletters.c.first_seen, slug)


def watermark(connection: sa.Connection, slug: str) -> datetime | None:
    """Where the next window starts, or None before the first draft."""
    return _moment(connection, newsletters.c.watermark, slug)


def begin_at(connection: sa.Connection, slug: str, moment: datetime) -> None:
    """Set the watermark, where the first window starts, unless the newsletter has one."""
    connection.execute(
        sa.update(newsletters)
        .where(newsletters.c.slug == slug, newsletters.c.watermark.is_(None))
        .values(watermark=moment)
    )


def advance_watermark(
    connection: sa.Connection, slug: str, moment: datetime, *, closed: datetime
) -> None:
    """Store that an issue took all articles up to `moment`, at `closed`; neither moves back."""
    for column, value in ((newsletters.c.watermark, moment), (newsletters.c.closed, closed)):
        connection.execute(
            sa.update(newsletters)
            .where(newsletters.c.slug == slug, column.is_(None) | (column < value))
            .values({column: value})
        )


def last_closing(connection: sa.Connection, slug: str) -> datetime | None:
    """When the last issue that was sent took its articles."""
    return _moment(connection, newsletters.c.closed, slug)


def passed(connection: sa.Connection, slug: str) -> datetime | None:
    """The moment up to which `run` has left nothing to do."""
    return _moment(connection, newsletters.c.passed, slug)


def pass_over(connection: sa.Connection, slug: str, now: datetime) -> None:
    """Mark all due times up to `now` as past.

    Then a new schedule, or the end of a pause or holiday, does not make a past occasion due.
    """
    connection.execute(sa.update(newsletters).where(newsletters.c.slug == slug).values(passed=now))


def rewind(connection: sa.Connection, slug: str, now: datetime) -> bool:
    """Set moments of the history that are later than `now` to `now`; returns whether any was.

    A clock that ran ahead may have closed a window in the future, and articles published until
    then would belong to no issue. Articles that an issue took remain taken.
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
    """Whether the site may send; a database restored from a backup may not until it is armed."""
    value: str | None = connection.execute(
        sa.select(site.c.value).where(site.c.key == "armed")
    ).scalar_one_or_none()
    return value != "no"


def set_armed(connection: sa.Connection, armed: bool) -> None:
    """Arm or disarm sending."""
    connection.execute(sa.delete(site).where(site.c.key == "armed"))
    connection.execute(sa.insert(site).values(key="armed", value="yes" if armed else "no"))
