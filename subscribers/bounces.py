"""When bounces end a subscription: a hard one at once, soft ones after a while."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from subscribers import tables
from subscribers.audience import at_domain
from subscribers.history import Way
from subscribers.inbound.verdict import Verdict
from subscribers.subscriber import Status
from subscribers.unsubscribe import unsubscribe
from subscribers.writing import insert_or

SOFT_ISSUES = 3
"""So many issues in a row …"""

SOFT_DAYS = 14
"""… over at least so many days; one that came through begins the count anew."""

KEPT = timedelta(days=400)


def note_bounce(
    connection: sa.Connection,
    *,
    subscriber_id: int,
    list_slug: str,
    number: int,
    verdict: Verdict,
    sent: Sequence[int],
    now: datetime,
    status: str = "",
    reason: str = "",
) -> list[str]:
    """Count one bounce of issue `number` (0: a letter); the lists whose subscription it ended.

    `sent` are the numbers of the list's issues that went out to this reader. A hard bounce is
    about the address, so it ends all its subscriptions. A policy bounce is about us: it is
    written down, and no more.
    """
    row = {
        "subscriber_id": subscriber_id,
        "list_slug": list_slug,
        "number": number,
        "at": now,
        "verdict": verdict.value,
        "status": status,
    }
    insert_or(connection, tables.bounces, [row], update=("verdict", "status"))
    detail = " ".join(f"{status} {reason}".split())
    if verdict is Verdict.HARD:
        return _end(connection, subscriber_id, _lists_of(connection, subscriber_id), detail, now)
    if verdict is Verdict.SOFT and is_enough(_soft(connection, subscriber_id, list_slug), sent):
        detail = f"{SOFT_ISSUES} issues in a row over {SOFT_DAYS} days: {detail}"
        return _end(connection, subscriber_id, [list_slug], detail, now)
    return []


def is_enough(soft: dict[int, date], sent: Sequence[int]) -> bool:
    """Whether soft bounces, by issue and day, are as many in a row and as old as it takes.

    A later issue whose bounce may still come is no success: only what was sent up to the
    newest bounce counts.
    """
    if not soft:
        return False
    row = [number for number in sorted(sent) if number <= max(soft)][-SOFT_ISSUES:]
    if len(row) < SOFT_ISSUES or any(number not in soft for number in row):
        return False
    days = [soft[number] for number in row]
    return (max(days) - min(days)).days >= SOFT_DAYS


def policy_reports(
    connection: sa.Connection, list_slug: str, number: int, since: datetime
) -> tuple[int, int]:
    """How many readers' copies of an issue came back as refused by policy, and of how many domains."""
    table, people = tables.bounces, tables.subscribers
    domain = at_domain(people.c.address_key)
    row = connection.execute(
        sa.select(sa.func.count(), sa.func.count(domain.distinct()))
        .select_from(table.join(people, people.c.id == table.c.subscriber_id))
        .where(
            tables.is_about_policy,
            table.c.list_slug == list_slug,
            table.c.number == number,
            table.c.at >= since,
        )
    ).one()
    return row[0], row[1]


def bounces_of(connection: sa.Connection, subscriber_id: int) -> list[dict[str, Any]]:
    """What came back of the mails to one reader, oldest first: at, list, number, verdict, status."""
    table = tables.bounces
    rows = connection.execute(
        sa.select(table).where(table.c.subscriber_id == subscriber_id).order_by(table.c.at)
    )
    return [
        {
            "at": row.at.isoformat(),
            "list": row.list_slug,
            "number": row.number,
            "verdict": row.verdict,
            "status": row.status,
        }
        for row in rows
    ]


def forget_bounces(connection: sa.Connection, now: datetime) -> int:
    """Delete what is too old to count; how many."""
    table = tables.bounces
    return connection.execute(sa.delete(table).where(table.c.at < now - KEPT)).rowcount


def _soft(connection: sa.Connection, subscriber_id: int, list_slug: str) -> dict[int, date]:
    table = tables.bounces
    rows = connection.execute(
        sa.select(table.c.number, table.c.at).where(
            table.c.subscriber_id == subscriber_id,
            table.c.list_slug == list_slug,
            table.c.verdict == Verdict.SOFT.value,
            table.c.number > 0,
        )
    )
    return {row.number: row.at.date() for row in rows}


def _lists_of(connection: sa.Connection, subscriber_id: int) -> list[str]:
    lists, table = tables.lists, tables.subscriptions
    return list(
        connection.scalars(
            sa.select(lists.c.slug)
            .join(table, table.c.list_id == lists.c.id)
            .where(
                table.c.subscriber_id == subscriber_id,
                table.c.status.in_([Status.ACTIVE.value, Status.PENDING.value]),
            )
            .order_by(lists.c.slug)
        )
    )


def _end(
    connection: sa.Connection, subscriber_id: int, lists: Iterable[str], detail: str, now: datetime
) -> list[str]:
    return [
        slug
        for slug in lists
        if unsubscribe(connection, subscriber_id, slug, Way.BOUNCE, now, detail).changed
    ]
