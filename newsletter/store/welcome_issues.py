"""Which reader got which issue as a welcome."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from newsletter.issues.issue import State
from newsletter.rendering.edition import Edition
from newsletter.store.clicks import links_of
from newsletter.store.editions import edition_of
from newsletter.store.sending_tables import corrections, deliveries, welcome_issues
from newsletter.store.tables import editions, issues, waves
from subscribers.sql import insert_once


def newest_sent(connection: sa.Connection, newsletter: str, *, since: datetime) -> int | None:
    """The number of the newest issue, if its send began since then and has ended.

    Nobody else may plan who gets it while that is planned. An issue whose later readers wait for an hour
    of their day is planned, and goes out for a day: a new reader need not wait for that.
    """
    is_planned = sa.exists().where(waves.c.issue_id == issues.c.id)
    newest = connection.execute(
        sa.select(issues.c.number, issues.c.state, is_planned.label("is_planned"))
        .where(issues.c.newsletter == newsletter, issues.c.send_started_at >= since)
        .order_by(issues.c.number.desc())
        .limit(1)
    ).one_or_none()
    if newest is None:
        return None
    goes_out = newest.state == State.SENDING and newest.is_planned
    return newest.number if newest.state == State.SENT or goes_out else None


def has_it(connection: sa.Connection, issue_id: int, subscriber_id: int) -> bool:
    """Whether the reader gets or got the issue already, by its send or as a welcome."""
    return any(
        connection.execute(
            sa.select(table.c.issue_id).where(
                table.c.issue_id == issue_id, table.c.subscriber_id == subscriber_id
            )
        ).first()
        for table in (deliveries, welcome_issues)
    )


def is_corrected(connection: sa.Connection, issue_id: int) -> bool:
    """Whether a correction of the issue is approved: its frozen copy has the error still."""
    approved = sa.select(corrections.c.id).where(
        corrections.c.issue_id == issue_id, corrections.c.approved_at.is_not(None)
    )
    return connection.execute(approved.limit(1)).first() is not None


def edition_keys(connection: sa.Connection, issue_id: int) -> dict[str, int]:
    """The ids of the issue's frozen editions by their key, without their texts."""
    rows = connection.execute(
        sa.select(editions.c.key, editions.c.id).where(editions.c.issue_id == issue_id)
    )
    return {row.key: row.id for row in rows}


def edition_with(connection: sa.Connection, edition_id: int) -> Edition:
    """The frozen edition with this id."""
    row = connection.execute(sa.select(editions).where(editions.c.id == edition_id)).one()
    return edition_of(row, links_of(connection, row.issue_id))


def add_welcome(
    connection: sa.Connection, issue_id: int, subscriber_id: int, edition_id: int, now: datetime
) -> None:
    """Note that the reader gets this edition as a welcome."""
    key = {"issue_id": issue_id, "subscriber_id": subscriber_id}
    insert_once(connection, welcome_issues, {**key, "edition_id": edition_id, "at": now})
