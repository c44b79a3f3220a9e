"""Counts for monitoring, whose cost does not grow with the history."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import State
from newsletter.store.ledger import attempts_of, counts_of
from newsletter.store.tables import issues, receipts, waves, webhook_messages


def issues_by_state(connection: sa.Connection) -> dict[tuple[str, str], int]:
    """How many issues, by newsletter and state."""
    rows = connection.execute(
        sa.select(issues.c.newsletter, issues.c.state, sa.func.count())
        .group_by(issues.c.newsletter, issues.c.state)
        .order_by(issues.c.newsletter, issues.c.state)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def latest_deliveries(connection: sa.Connection) -> dict[tuple[str, str], int]:
    """Deliveries of each newsletter's last sent issue, by the issue's name and state."""
    found = {}
    for number, name in _latest(connection):
        counts = counts_of(connection, number)
        found.update({(name, state.value): counts[state] for state in sorted(counts)})
    return found


def latest_attempts(connection: sa.Connection) -> dict[tuple[str, str, str], int]:
    """Attempts to deliver these issues, by the issue's name, relay and outcome."""
    found = {}
    for number, name in _latest(connection):
        counts = attempts_of(connection, number)
        found.update({(name, *key): count for key, count in counts.items()})
    return found


def accepted_since(connection: sa.Connection, moment: datetime) -> dict[str, int]:
    """How many messages of running sends each relay accepted after `moment`."""
    unfinished = sa.select(issues.c.id).where(issues.c.state == State.SENDING)
    rows = connection.execute(
        sa.select(receipts.c.relay, sa.func.count())
        .where(
            receipts.c.issue_id.in_(unfinished),
            receipts.c.state == DeliveryState.ACCEPTED,
            receipts.c.at > moment,
        )
        .group_by(receipts.c.relay)
        .order_by(receipts.c.relay)
    )
    return {row[0]: row[1] for row in rows}


def waiting_for_hour(connection: sa.Connection, now: datetime) -> dict[str, int]:
    """How many messages of each running send go at a later hour of their readers' day."""
    rows = connection.execute(
        sa.select(issues.c.newsletter, issues.c.number, sa.func.sum(waves.c.planned))
        .join(waves, waves.c.issue_id == issues.c.id)
        .where(issues.c.state == State.SENDING, waves.c.not_before > now)
        .group_by(issues.c.newsletter, issues.c.number)
        .order_by(issues.c.newsletter, issues.c.number)
    )
    return {f"{row[0]}/{row[1]}": int(row[2]) for row in rows}


def oldest_send(connection: sa.Connection) -> datetime | None:
    """When the oldest running send began."""
    moment: datetime | None = connection.execute(
        sa.select(sa.func.min(issues.c.send_started_at)).where(issues.c.state == State.SENDING)
    ).scalar_one()
    return moment


def last_sent(connection: sa.Connection) -> dict[str, datetime]:
    """When the send of each newsletter's newest issue finished."""
    rows = connection.execute(
        sa.select(issues.c.newsletter, sa.func.max(issues.c.send_finished_at))
        .where(issues.c.send_finished_at.is_not(None))
        .group_by(issues.c.newsletter)
        .order_by(issues.c.newsletter)
    )
    return {row[0]: row[1] for row in rows}


def waiting_webhooks(connection: sa.Connection) -> int:
    """How many messages of webhooks have not been accepted yet."""
    return connection.execute(
        sa.select(sa.func.count()).where(webhook_messages.c.retry_at.is_not(None))
    ).scalar_one()


def _latest(connection: sa.Connection) -> list[tuple[int, str]]:
    """The id and name of the issue that each newsletter sent last."""
    newest = (
        sa.select(issues.c.newsletter, sa.func.max(issues.c.number))
        .where(issues.c.send_started_at.is_not(None))
        .group_by(issues.c.newsletter)
    )
    rows = connection.execute(
        sa.select(issues.c.id, issues.c.newsletter, issues.c.number)
        .where(sa.tuple_(issues.c.newsletter, issues.c.number).in_(newest))
        .order_by(issues.c.newsletter)
    )
    return [(row.id, f"{row.newsletter}/{row.number}") for row in rows]
