"""Leaving, by every way the same, and taking it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from subscribers import tables
from subscribers.history import Entry, Event, Way, latest, record
from subscribers.subscriber import Status

UNDO_WITHIN = timedelta(days=30)
"""After that whoever wants back signs up anew: an old mail in other hands must not do it."""

_LEAVES_AS = {Way.COMPLAINT: Status.COMPLAINED, Way.BOUNCE: Status.BOUNCED}
_STANDING = (Status.PENDING.value, Status.ACTIVE.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """The subscription after `unsubscribe`; `changed` is False when it had ended before."""

    changed: bool
    status: Status | None
    """None: there never was such a subscription, or the person was erased."""


def unsubscribe(
    connection: sa.Connection,
    subscriber_id: int,
    list_slug: str,
    way: Way,
    now: datetime,
    detail: str = "",
) -> Left:
    """End a subscription; twice is once, and nobody is told off for a list long gone."""
    table = tables.subscriptions
    leaves_as = _LEAVES_AS.get(way, Status.UNSUBSCRIBED)
    ended = connection.execute(
        sa.update(table)
        .where(_is(subscriber_id, list_slug), table.c.status.in_(_STANDING))
        .values(status=leaves_as.value, changed_at=now)
    )
    if ended.rowcount == 0:
        return Left(changed=False, status=status_of(connection, subscriber_id, list_slug))
    _record(connection, subscriber_id, list_slug, Event.UNSUBSCRIBE, way, now, detail)
    return Left(changed=True, status=leaves_as)


def undo(connection: sa.Connection, subscriber_id: int, list_slug: str, now: datetime) -> bool:
    """Take back what the reader did on the page; False where that is no longer possible."""
    if not may_undo(connection, subscriber_id, list_slug, now):
        return False
    table = tables.subscriptions
    back = connection.execute(
        sa.update(table)
        .where(_is(subscriber_id, list_slug), table.c.status == Status.UNSUBSCRIBED.value)
        .values(status=Status.ACTIVE.value, changed_at=now)
    )
    if back.rowcount:
        _record(connection, subscriber_id, list_slug, Event.UNDO, Way.PAGE, now, "")
    return bool(back.rowcount)


def may_undo(connection: sa.Connection, subscriber_id: int, list_slug: str, now: datetime) -> bool:
    """Whether the reader left of their own accord within UNDO_WITHIN, after being active."""
    if status_of(connection, subscriber_id, list_slug) is not Status.UNSUBSCRIBED:
        return False
    leaving = latest(connection, subscriber_id, list_slug, [Event.UNSUBSCRIBE])
    if leaving is None or leaving.way in (Way.OPERATOR, Way.IMPORT):
        return False
    # A pending subscription that was left was never confirmed: undo must not confirm it.
    joining = latest(
        connection,
        subscriber_id,
        list_slug,
        [Event.SUBSCRIBE, Event.CONFIRM, Event.IMPORT, Event.ADD, Event.UNDO],
    )
    return (
        now - leaving.at <= UNDO_WITHIN
        and joining is not None
        and joining.event is not Event.SUBSCRIBE
    )


def give_reason(
    connection: sa.Connection, subscriber_id: int, list_slug: str, reason: str, now: datetime
) -> bool:
    """Write down why the reader left; one reason for each leaving."""
    last = latest(connection, subscriber_id, list_slug, [Event.UNSUBSCRIBE, Event.REASON])
    if not reason.strip() or last is None or last.event is Event.REASON:
        return False
    _record(connection, subscriber_id, list_slug, Event.REASON, Way.PAGE, now, reason.strip())
    return True


def status_of(connection: sa.Connection, subscriber_id: int, list_slug: str) -> Status | None:
    """Where the subscription stands; None where there is none."""
    status = connection.scalar(
        sa.select(tables.subscriptions.c.status).where(_is(subscriber_id, list_slug))
    )
    return Status(status) if status else None


def _is(subscriber_id: int, list_slug: str) -> sa.ColumnElement[bool]:
    table = tables.subscriptions
    number = sa.select(tables.lists.c.id).where(tables.lists.c.slug == list_slug).scalar_subquery()
    return sa.and_(table.c.subscriber_id == subscriber_id, table.c.list_id == number)


def _record(
    connection: sa.Connection,
    subscriber_id: int,
    list_slug: str,
    event: Event,
    way: Way,
    now: datetime,
    detail: str,
) -> None:
    entry = Entry(
        subscriber_id=subscriber_id,
        at=now,
        event=event,
        way=way,
        list_slug=list_slug,
        detail=detail,
    )
    record(connection, [entry])
