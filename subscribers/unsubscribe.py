"""Unsubscribing, the same for every channel, and undoing it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from subscribers import tables
from subscribers.history import Event, HistoryEntry, Way, latest, record
from subscribers.lists import numbered
from subscribers.private_feeds import forget_feed
from subscribers.subscriber import Status

UNDO_WITHIN = timedelta(days=30)
"""Later a reader has to sign up again, so that an old mail in other hands cannot resubscribe them."""

_LEAVES_AS = {Way.COMPLAINT: Status.COMPLAINED, Way.BOUNCE: Status.BOUNCED}
_NOT_ENDED = (Status.PENDING.value, Status.ACTIVE.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """The subscription after `unsubscribe`; `changed` is False when it had ended before."""

    changed: bool
    status: Status | None
    """None if there never was such a subscription, or the person was erased."""


def unsubscribe(
    connection: sa.Connection,
    subscriber_id: int,
    list_slug: str,
    way: Way,
    now: datetime,
    detail: str = "",
) -> Left:
    """End a subscription; no error if it has ended already or never existed.

    A reader who leaves or complains after a bounce has left: the bounce may be undone, that not.
    """
    table = tables.subscriptions
    leaves_as = _LEAVES_AS.get(way, Status.UNSUBSCRIBED)
    may_end = _NOT_ENDED if way is Way.BOUNCE else (*_NOT_ENDED, Status.BOUNCED.value)
    ended = connection.execute(
        sa.update(table)
        .where(_is_subscription(subscriber_id, list_slug), table.c.status.in_(may_end))
        .values(status=leaves_as.value, changed_at=now)
    )
    if ended.rowcount == 0:
        return Left(changed=False, status=status_of(connection, subscriber_id, list_slug))
    _record(connection, subscriber_id, list_slug, Event.UNSUBSCRIBE, way, now, detail)
    forget_feed(connection, subscriber_id, list_slug)
    return Left(changed=True, status=leaves_as)


def undo(connection: sa.Connection, subscriber_id: int, list_slug: str, now: datetime) -> bool:
    """Reactivate the subscription of a reader who unsubscribed; False if may_undo does not allow it."""
    if not may_undo(connection, subscriber_id, list_slug, now):
        return False
    table = tables.subscriptions
    back = connection.execute(
        sa.update(table)
        .where(
            _is_subscription(subscriber_id, list_slug), table.c.status == Status.UNSUBSCRIBED.value
        )
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
    if leaving is None or leaving.way in (Way.OPERATOR, Way.API, Way.IMPORT):
        return False
    # A reader who left while pending never confirmed, and undo must not confirm for them.
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
    """Record why the reader left; at most one reason for each unsubscription."""
    last = latest(connection, subscriber_id, list_slug, [Event.UNSUBSCRIBE, Event.REASON])
    if not reason.strip() or last is None or last.event is Event.REASON:
        return False
    _record(connection, subscriber_id, list_slug, Event.REASON, Way.PAGE, now, reason.strip())
    return True


def status_of(connection: sa.Connection, subscriber_id: int, list_slug: str) -> Status | None:
    """The status of the subscription; None if there is none."""
    status = connection.scalar(
        sa.select(tables.subscriptions.c.status).where(_is_subscription(subscriber_id, list_slug))
    )
    return Status(status) if status else None


def _is_subscription(subscriber_id: int, list_slug: str) -> sa.ColumnElement[bool]:
    table = tables.subscriptions
    return sa.and_(table.c.subscriber_id == subscriber_id, table.c.list_id == numbered(list_slug))


def _record(
    connection: sa.Connection,
    subscriber_id: int,
    list_slug: str,
    event: Event,
    way: Way,
    now: datetime,
    detail: str,
) -> None:
    entry = HistoryEntry(
        subscriber_id=subscriber_id,
        at=now,
        event=event,
        way=way,
        list_slug=list_slug,
        detail=detail,
    )
    record(connection, [entry])
