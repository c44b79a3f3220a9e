"""Restores subscriptions that ended by bounces which were not the readers' fault."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from subscribers import tables
from subscribers.blame.words import same_words
from subscribers.history import Event, HistoryEntry, Way, latest, record
from subscribers.subscriber import Status

_JOINED = (Event.SUBSCRIBE, Event.CONFIRM, Event.IMPORT, Event.ADD, Event.UNDO)


def restore_bounced(
    connection: sa.Connection,
    *,
    list_slug: str,
    number: int,
    reason: str,
    detail: str,
    now: datetime,
) -> int:
    """Restore the subscriptions that a bounce of issue `number` ended; returns how many.

    `reason` is text in lower case that the bounce's record must contain; "" selects all. People who
    never confirmed are pending again, and people who left or complained are not restored. The
    bounces no longer count.
    """
    restored = []
    for row in _ended(connection, list_slug, number):
        ending = latest(connection, row.subscriber_id, row.slug, [Event.UNSUBSCRIBE])
        if ending is None or ending.way is not Way.BOUNCE or reason not in _plain(ending.detail):
            continue
        _restore(connection, row, now)
        restored.append(
            HistoryEntry(
                subscriber_id=row.subscriber_id,
                at=now,
                event=Event.RESTORE,
                way=Way.OPERATOR,
                list_slug=row.slug,
                detail=detail,
            )
        )
    record(connection, restored)
    for subscriber_id in {entry.subscriber_id for entry in restored}:
        connection.execute(
            sa.delete(tables.bounces).where(
                tables.bounces.c.subscriber_id == subscriber_id,
                tables.bounces.c.list_slug == list_slug,
                tables.bounces.c.number == number,
            )
        )
    return len(restored)


def restore_blameless(
    connection: sa.Connection,
    readers: Collection[int],
    *,
    list_slug: str,
    number: int,
    reason: str,
    now: datetime,
) -> None:
    """Restore what a bounce of issue `number` ended for these readers, as the bounce is not theirs.

    `reason` is what the report of one of them says; those of the others say it in the same words.
    What another bounce ended is not restored.
    """
    restored, words = [], same_words(reason)
    for row in _ended(connection, list_slug, number):
        if row.subscriber_id not in readers:
            continue
        ending = latest(connection, row.subscriber_id, row.slug, [Event.UNSUBSCRIBE])
        if ending is None or ending.way is not Way.BOUNCE:
            continue
        if not same_words(ending.detail).endswith(words):
            continue
        _restore(connection, row, now)
        restored.append(
            HistoryEntry(
                subscriber_id=row.subscriber_id,
                at=now,
                event=Event.RESTORE,
                way=Way.BOUNCE,
                list_slug=row.slug,
                detail=f"the same refusal came for many readers: {reason}",
            )
        )
    record(connection, restored)


def _restore(connection: sa.Connection, row: sa.Row[Any], now: datetime) -> None:
    """Make the subscription active, or pending if it was never confirmed."""
    joining = latest(connection, row.subscriber_id, row.slug, _JOINED)
    is_confirmed = joining is not None and joining.event is not Event.SUBSCRIBE
    connection.execute(
        sa.update(tables.subscriptions)
        .where(
            tables.subscriptions.c.subscriber_id == row.subscriber_id,
            tables.subscriptions.c.list_id == row.list_id,
        )
        .values(status=(Status.ACTIVE if is_confirmed else Status.PENDING).value, changed_at=now)
    )


def _ended(connection: sa.Connection, list_slug: str, number: int) -> list[sa.Row[Any]]:
    """The bounced subscriptions, on any list, of the readers whose copy of the issue bounced."""
    bounces, subscriptions, lists = tables.bounces, tables.subscriptions, tables.lists
    return list(
        connection.execute(
            sa.select(subscriptions.c.subscriber_id, subscriptions.c.list_id, lists.c.slug)
            .join(bounces, bounces.c.subscriber_id == subscriptions.c.subscriber_id)
            .join(lists, lists.c.id == subscriptions.c.list_id)
            .where(
                bounces.c.list_slug == list_slug,
                bounces.c.number == number,
                subscriptions.c.status == Status.BOUNCED.value,
            )
            .order_by(subscriptions.c.subscriber_id, lists.c.slug)
        )
    )


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
