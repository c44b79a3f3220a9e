"""Counts bounces: a hard one ends a subscription at once, soft ones in a row end it in time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from subscribers import tables
from subscribers.audience import at_domain
from subscribers.growth import Happening, count
from subscribers.history import Way
from subscribers.inbound.verdict import Verdict
from subscribers.sql import insert_once, insert_or
from subscribers.subscriber import Status
from subscribers.unsubscribe import unsubscribe

SOFT_ISSUES = 3
"""Consecutive issues that must bounce softly before the subscription ends …"""

SOFT_DAYS = 14
"""… and the days between the first and the last of them. A delivered issue restarts the count."""

KEPT = timedelta(days=400)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounce:
    """A mail to a reader that came back. `number` is the issue's, 0 for a letter.

    `status` is the enhanced status code (RFC 3463) and `reason` the text of the report.
    """

    subscriber_id: int
    list_slug: str
    number: int
    verdict: Verdict
    status: str = ""
    reason: str = ""


def note_bounce(
    connection: sa.Connection, bounce: Bounce, *, sent: Sequence[int], now: datetime
) -> list[str]:
    """Record a bounce and return the lists whose subscription it ended.

    `sent` are the numbers of the list's issues that went out to this reader. A hard bounce is
    about the address, so it ends all its subscriptions. A policy bounce is about the sender, so
    it is only recorded.
    """
    row = {
        "subscriber_id": bounce.subscriber_id,
        "list_slug": bounce.list_slug,
        "number": bounce.number,
        "at": now,
        "verdict": bounce.verdict.value,
        "status": bounce.status,
    }
    if insert_once(connection, tables.bounces, row):
        way = bounce.verdict.value
        count(
            connection,
            [Happening(at=now, list_slug=bounce.list_slug, event="bounce", way=way)],
        )
    else:
        insert_or(connection, tables.bounces, [row], update=("verdict", "status"))
    detail = " ".join(f"{bounce.status} {bounce.reason}".split())
    reader = bounce.subscriber_id
    if bounce.verdict is Verdict.HARD:
        return _end(connection, reader, _lists_of(connection, reader), detail, now)
    if bounce.verdict is Verdict.SOFT and is_enough(
        _soft(connection, reader, bounce.list_slug), sent
    ):
        detail = f"{SOFT_ISSUES} issues in a row over {SOFT_DAYS} days: {detail}"
        return _end(connection, reader, [bounce.list_slug], detail, now)
    return []


def is_enough(soft: dict[int, date], sent: Sequence[int]) -> bool:
    """Whether soft bounces (issue number to day) are enough to end a subscription (pure).

    Only issues sent up to the newest bounce count, because a later issue may still bounce.
    """
    if not soft:
        return False
    last = [number for number in sorted(sent) if number <= max(soft)][-SOFT_ISSUES:]
    if len(last) < SOFT_ISSUES or any(number not in soft for number in last):
        return False
    days = [soft[number] for number in last]
    return (max(days) - min(days)).days >= SOFT_DAYS


def policy_reports(
    connection: sa.Connection, list_slug: str, number: int, since: datetime
) -> tuple[int, int]:
    """How many readers' copies of an issue receivers refused by policy, and in how many domains."""
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
    """The bounces of one reader, oldest first: at, list, number, verdict, status."""
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
    """Delete bounces older than KEPT; return their number."""
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
