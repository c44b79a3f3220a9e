"""Restores subscriptions that ended by bounces or suppressions which were not the readers' fault."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from subscribers import people, suppression, tables
from subscribers.addresses import parse_address
from subscribers.blame.words import same_words
from subscribers.history import Event, HistoryEntry, Way, latest, record
from subscribers.subscriber import LEFT, Status

_JOINED = (Event.SUBSCRIBE, Event.CONFIRM, Event.IMPORT, Event.ADD, Event.UNDO)


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """What was restored of one reader.

    `lists` are those that the reader is on again, `left` those that the reader left or complained
    about, which stay as they are. `suppressed_by` is the pattern that still suppresses the address.
    """

    lists: tuple[str, ...]
    left: tuple[str, ...]
    lifted: bool
    suppressed_by: str


def restore_reader(
    connection: sa.Connection, address: str, *, reason: str, now: datetime
) -> Restored:
    """Restore what bounces and the address's own suppression ended; the record says why.

    Its bounces no longer count. People who never confirmed are pending again. Raises AddressError,
    and UnknownSubscriberError for an address that nobody has.
    """
    person = people.find(connection, address)
    subscriptions, lists = tables.subscriptions, tables.lists
    rows: list[sa.Row[Any]] = list(
        connection.execute(
            sa.select(
                subscriptions.c.subscriber_id,
                subscriptions.c.list_id,
                subscriptions.c.status,
                lists.c.slug,
            )
            .join(lists, lists.c.id == subscriptions.c.list_id)
            .where(subscriptions.c.subscriber_id == person.id)
            .order_by(lists.c.slug)
        )
    )
    ended = [row for row in rows if row.status == Status.BOUNCED]
    for row in ended:
        _restore(connection, row, now)
    entries = [_entry(row, Way.OPERATOR, reason, now) for row in ended]
    record(connection, entries)
    bounces = tables.bounces
    connection.execute(sa.delete(bounces).where(bounces.c.subscriber_id == person.id))
    lifted = suppression.lift(connection, address, reason, now)
    parsed = parse_address(address)
    remaining = suppression.suppressed(connection, [parsed]).get(parsed.key)
    return Restored(
        lists=tuple(row.slug for row in ended),
        left=tuple(row.slug for row in rows if row.status in LEFT - {Status.BOUNCED}),
        lifted=lifted,
        suppressed_by=remaining.pattern if remaining else "",
    )


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
        restored.append(_entry(row, Way.OPERATOR, detail, now))
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
        detail = f"the same refusal came for many readers: {reason}"
        restored.append(_entry(row, Way.BOUNCE, detail, now))
    record(connection, restored)


def _entry(row: sa.Row[Any], way: Way, detail: str, now: datetime) -> HistoryEntry:
    return HistoryEntry(
        subscriber_id=row.subscriber_id,
        at=now,
        event=Event.RESTORE,
        way=way,
        list_slug=row.slug,
        detail=detail,
    )


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
