"""What the site remembers of each newsletter, and whether it may send at all."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from newsletter.store.tables import newsletters, site


def ensure_newsletter(connection: sa.Connection, slug: str, now: datetime) -> None:
    """Begin the newsletter's history at `now`, unless it has one."""
    if first_seen(connection, slug) is None:
        connection.execute(sa.insert(newsletters).values(slug=slug, first_seen=now))


def lock_newsletter(connection: sa.Connection, slug: str, now: datetime) -> None:
    """Hold the newsletter until the transaction ends: two drafts at once take turns."""
    ensure_newsletter(connection, slug, now)
    connection.execute(
        sa.select(newsletters.c.slug).where(newsletters.c.slug == slug).with_for_update()
    )


def first_seen(connection: sa.Connection, slug: str) -> datetime | None:
    """When the site first saw the newsletter: due times before do not count."""
    moment: datetime | None = connection.execute(
        sa.select(newsletters.c.first_seen).where(newsletters.c.slug == slug)
    ).scalar_one_or_none()
    return moment


def watermark(connection: sa.Connection, slug: str) -> datetime | None:
    """Where the next window starts, or None before the first draft."""
    moment: datetime | None = connection.execute(
        sa.select(newsletters.c.watermark).where(newsletters.c.slug == slug)
    ).scalar_one_or_none()
    return moment


def begin_at(connection: sa.Connection, slug: str, moment: datetime) -> None:
    """The first window starts at `moment`; a newsletter that has a watermark keeps it."""
    connection.execute(
        sa.update(newsletters)
        .where(newsletters.c.slug == slug, newsletters.c.watermark.is_(None))
        .values(watermark=moment)
    )


def advance_watermark(connection: sa.Connection, slug: str, moment: datetime) -> None:
    """An issue took everything up to `moment`; the watermark never goes back."""
    connection.execute(
        sa.update(newsletters)
        .where(newsletters.c.slug == slug)
        .where(newsletters.c.watermark.is_(None) | (newsletters.c.watermark < moment))
        .values(watermark=moment)
    )


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
