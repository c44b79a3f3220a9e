"""Checks of the database's health, and of what is stuck in it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import State
from newsletter.plural import counted
from newsletter.store.database import Database
from newsletter.store.ledger import counts_match
from newsletter.store.migrations import is_current
from newsletter.store.tables import deliveries, fetches, issues, receipts, waves
from subscribers.tables import UtcDateTime

RECENT_RECEIPTS = 1000
"""How many receipts are examined, since there may be a hundred million."""


def damage(database: Database) -> str:
    """The damage to the database's pages, rows or schema; "" when there is none."""
    if not is_current(database):
        return "its schema is not this version's"
    if not database.is_sqlite:
        return ""  # the server keeps its own checksums
    with database.transaction(read_only=True) as connection:
        found = connection.exec_driver_sql("PRAGMA quick_check(3)").scalars().all()
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    pages = "; ".join(str(line) for line in found if line != "ok")
    if pages or not broken:
        return pages
    return f"{counted(len(broken), 'row')} {'points' if len(broken) == 1 else 'point'} to nothing"


def newest_moment(connection: sa.Connection) -> datetime | None:
    """The latest time at which something was sent, fetched or approved."""
    recent = (
        sa.select(receipts.c.at).order_by(receipts.c.id.desc()).limit(RECENT_RECEIPTS).subquery()
    )
    found = [
        connection.execute(sa.select(sa.func.max(column))).scalar_one()
        for column in (recent.c.at, fetches.c.checked_at, issues.c.approved_at)
    ]
    return max((moment for moment in found if moment is not None), default=None)


def undecided(connection: sa.Connection) -> dict[str, int]:
    """How many deliveries with unknown outcome wait for a decision, by issue."""
    rows = connection.execute(
        sa.select(issues.c.newsletter, issues.c.number, sa.func.count())
        .join(deliveries, deliveries.c.issue_id == issues.c.id)
        .where(deliveries.c.state == DeliveryState.UNKNOWN, deliveries.c.sender.is_not(None))
        .group_by(issues.c.newsletter, issues.c.number)
        .order_by(issues.c.newsletter, issues.c.number)
    )
    return {f"{row[0]}/{row[1]}": row[2] for row in rows}


def miscounted(connection: sa.Connection) -> list[str]:
    """The issues whose stored counts are wrong, among those being sent and the last ones sent.

    Their deliveries are counted row by row; older issues do not change any more.
    """
    newest = (
        sa.select(sa.func.max(issues.c.id))
        .where(issues.c.state == State.SENT)
        .group_by(issues.c.newsletter)
    )
    rows = connection.execute(
        sa.select(issues.c.id, issues.c.newsletter, issues.c.number)
        .where(issues.c.state.in_([State.SENDING, State.STOPPED]) | issues.c.id.in_(newest))
        .order_by(issues.c.newsletter, issues.c.number)
    )
    return [
        f"{row.newsletter}/{row.number}"
        for row in rows.all()
        if not counts_match(connection, row.id)
    ]


def sending_since(connection: sa.Connection, *, before: datetime) -> dict[str, datetime]:
    """The issues whose send began before this time and has not ended.

    One that goes out at an hour of each reader's day began for the last of them at that hour.
    """
    last = (
        sa.select(sa.func.max(waves.c.not_before))
        .where(waves.c.issue_id == issues.c.id)
        .scalar_subquery()
    )
    began = sa.func.coalesce(last, issues.c.send_started_at)
    rows = connection.execute(
        sa.select(issues.c.newsletter, issues.c.number, issues.c.send_started_at)
        .where(issues.c.state == State.SENDING, began < sa.literal(before, UtcDateTime()))
        .order_by(issues.c.newsletter, issues.c.number)
    )
    return {f"{row[0]}/{row[1]}": row[2] for row in rows}
