"""Counts bounces: a hard one ends a subscription at once, soft ones in a row end it in time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from subscribers import tables
from subscribers.blame.blame import Blame
from subscribers.blame.words import same_words
from subscribers.growth import Happening, count
from subscribers.history import Way
from subscribers.inbound.verdict import Verdict
from subscribers.soft_bounces import SoftBounce, patience_exhausted
from subscribers.sql import at_domain, insert_once, insert_or
from subscribers.subscriber import Status
from subscribers.unsubscribe import unsubscribe

KEPT = timedelta(days=400)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounce:
    """A mail to a reader that came back. `number` is the issue's, 0 for a letter.

    `status` is the enhanced status code (RFC 3463), `reason` the text of the report, and `blame`
    what it says about whose fault it is.
    """

    subscriber_id: int
    list_slug: str
    number: int
    verdict: Verdict
    blame: Blame = Blame.UNKNOWN
    status: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class AlikeBounces:
    """Readers whose copy of an issue came back in the same words, and how many domains they have."""

    readers: int
    domains: int


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
        "blame": bounce.blame.value,
        "words": words_key(bounce.reason),
    }
    if insert_once(connection, tables.bounces, row):
        way = bounce.verdict.value
        count(
            connection,
            [Happening(at=now, list_slug=bounce.list_slug, event="bounce", way=way)],
        )
    else:
        insert_or(connection, tables.bounces, [row], update=("verdict", "status", "blame", "words"))
    detail = " ".join(f"{bounce.status} {bounce.reason}".split())
    reader = bounce.subscriber_id
    if bounce.verdict is Verdict.HARD:
        return _end(connection, reader, _lists_of(connection, reader), detail, now)
    if bounce.verdict is Verdict.SOFT:
        exhausted = patience_exhausted(_soft(connection, reader, bounce.list_slug), sent)
        if exhausted is not None:
            detail = f"{exhausted.issues} issues in a row over {exhausted.days} days: {detail}"
            return _end(connection, reader, [bounce.list_slug], detail, now)
    return []


def words_key(reason: str) -> str:
    """A hash that is equal for reports in equal words; "" for one that says nothing."""
    words = same_words(reason)
    return hashlib.sha256(words.encode()).hexdigest()[:32] if words else ""


def alike_bounces(connection: sa.Connection, bounce: Bounce, since: datetime) -> AlikeBounces:
    """The permanent bounces of the same issue in the same words, with this one."""
    table, people = tables.bounces, tables.subscribers
    domain = at_domain(people.c.address_key)
    own = connection.scalar(sa.select(domain).where(people.c.id == bounce.subscriber_id))
    others = connection.execute(
        sa.select(
            sa.func.count(),
            sa.func.count(domain.distinct()),
            sa.func.coalesce(sa.func.max(sa.case((domain == own, 1), else_=0)), 0),
        )
        .select_from(table.join(people, people.c.id == table.c.subscriber_id))
        .where(
            *_in_the_same_words(bounce, since),
            table.c.subscriber_id != bounce.subscriber_id,
        )
    ).one()
    return AlikeBounces(readers=others[0] + 1, domains=others[1] + (0 if others[2] else 1))


def excuse_alike(connection: sa.Connection, bounce: Bounce, since: datetime) -> list[int]:
    """Note that the readers of such bounces are not to blame; returns those who were blamed."""
    table = tables.bounces
    return list(
        connection.scalars(
            sa.update(table)
            .where(*_in_the_same_words(bounce, since), table.c.verdict == Verdict.HARD.value)
            .values(verdict=Verdict.POLICY.value)
            .returning(table.c.subscriber_id)
        )
    )


def _in_the_same_words(bounce: Bounce, since: datetime) -> list[sa.ColumnElement[bool]]:
    table = tables.bounces
    return [
        table.c.list_slug == bounce.list_slug,
        table.c.number == bounce.number,
        table.c.words == words_key(bounce.reason),
        table.c.verdict != Verdict.SOFT.value,
        table.c.at >= since,
    ]


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
    found = bounces_by_person(connection, subscriber_id, subscriber_id)
    return found.get(subscriber_id, [])


def bounces_by_person(
    connection: sa.Connection, first: int, last: int
) -> dict[int, list[dict[str, Any]]]:
    """The bounces of each reader with an id from `first` to `last`, both included, as `bounces_of`."""
    table = tables.bounces
    rows = connection.execute(
        sa.select(table).where(table.c.subscriber_id.between(first, last)).order_by(table.c.at)
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.subscriber_id, []).append(
            {
                "at": row.at.isoformat(),
                "list": row.list_slug,
                "number": row.number,
                "verdict": row.verdict,
                "status": row.status,
            }
        )
    return found


def forget_bounces(connection: sa.Connection, now: datetime) -> int:
    """Delete bounces older than KEPT; return their number."""
    table = tables.bounces
    return connection.execute(sa.delete(table).where(table.c.at < now - KEPT)).rowcount


def _soft(connection: sa.Connection, subscriber_id: int, list_slug: str) -> dict[int, SoftBounce]:
    table = tables.bounces
    rows = connection.execute(
        sa.select(table.c.number, table.c.at, table.c.blame).where(
            table.c.subscriber_id == subscriber_id,
            table.c.list_slug == list_slug,
            table.c.verdict == Verdict.SOFT.value,
            table.c.number > 0,
        )
    )
    return {
        row.number: SoftBounce(day=row.at.date(), blame=Blame(row.blame or Blame.UNKNOWN))
        for row in rows
    }


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
