"""The consent record: what happened to a subscription, when, how, and with which wording."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from subscribers import tables
from subscribers.growth import Happening, count
from subscribers.lists import names_of
from subscribers.subscriber import Status

MAX_DETAIL = 500
"""Characters; longer details are clipped."""


class Event(StrEnum):
    """What happened."""

    IMPORT = "import"  # added from a file
    ADD = "add"  # added by the operator
    SUBSCRIBE = "subscribe"  # asked to join
    CONFIRM = "confirm"
    UPDATE = "update"  # name, tags or attributes changed by an operator or a file
    PREFERENCES = "preferences"  # changed by the reader
    PAUSE = "pause"
    RESUME = "resume"
    FEED = "feed"  # made or ended a private feed, or chose whether issues come by mail too
    UNSUBSCRIBE = "unsubscribe"
    UNDO = "undo"  # reversed the unsubscription
    RESTORE = "restore"  # a bounce was reversed: it was not the reader's fault
    REASON = "reason"  # why the reader left, given afterwards
    MOVE = "move"  # to another address
    SUPPRESS = "suppress"
    LIFT = "lift"
    MERGE = "merge"  # the list was merged into another one


class Way(StrEnum):
    """By which channel it happened."""

    ONE_CLICK = "one-click"  # RFC 8058
    PAGE = "page"
    FORM = "form"
    MAIL = "mail"  # a command to one of the list's addresses
    REPLY = "reply"  # the same, in answer to an issue
    COMPLAINT = "complaint"
    BOUNCE = "bounce"
    PROVIDER = "provider"  # the reader left by the mail provider's own link
    OPERATOR = "operator"
    API = "api"
    IMPORT = "import"


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryEntry:
    """One entry of the record; `list_slug` is empty if it is not about a single list."""

    subscriber_id: int
    at: datetime
    event: Event
    way: Way
    list_slug: str = ""
    detail: str = ""


def record(
    connection: sa.Connection,
    entries: Sequence[HistoryEntry],
    *,
    counted: Sequence[HistoryEntry] | None = None,
) -> None:
    """Store the entries, in order, and count them for the growth of their lists.

    `counted` are the entries to count, if not the same.
    """
    count(connection, map(_counted, entries if counted is None else counted))
    rows = [
        {
            "subscriber_id": entry.subscriber_id,
            "at": entry.at,
            "event": entry.event.value,
            "list_slug": entry.list_slug,
            "way": entry.way.value,
            "detail": entry.detail.replace("\x00", "")[:MAX_DETAIL],  # PostgreSQL takes no NUL
        }
        for entry in entries
    ]
    if rows:
        connection.execute(sa.insert(tables.history), rows)


def entries_of(connection: sa.Connection, subscriber_id: int) -> list[dict[str, Any]]:
    """The whole record of one person, oldest first: at (ISO, UTC), event, way, list, detail."""
    table = tables.history
    rows = connection.execute(
        sa.select(table).where(table.c.subscriber_id == subscriber_id).order_by(table.c.id)
    )
    return [_document(row) for row in rows]


def entries_by_person(
    connection: sa.Connection, first: int, last: int
) -> dict[int, list[dict[str, Any]]]:
    """The whole record of each person with an id from `first` to `last`, both included."""
    table = tables.history
    rows = connection.execute(
        sa.select(table).where(table.c.subscriber_id.between(first, last)).order_by(table.c.id)
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.subscriber_id, []).append(_document(row))
    return found


def _document(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "at": row.at.isoformat(),
        "event": row.event,
        "way": row.way,
        "list": row.list_slug,
        "detail": row.detail,
    }


def latest(
    connection: sa.Connection, subscriber_id: int, list_slug: str, events: Iterable[Event]
) -> HistoryEntry | None:
    """The newest entry of one of these kinds for the list, or for one merged into it; or None."""
    table = tables.history
    row = connection.execute(
        sa.select(table)
        .where(
            table.c.subscriber_id == subscriber_id,
            table.c.list_slug.in_(names_of(list_slug)),
            table.c.event.in_([event.value for event in events]),
        )
        .order_by(table.c.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return HistoryEntry(
        subscriber_id=row.subscriber_id,
        at=row.at,
        event=Event(row.event),
        way=Way(row.way),
        list_slug=row.list_slug,
        detail=row.detail,
    )


def _counted(entry: HistoryEntry) -> Happening:
    return Happening(
        at=entry.at, list_slug=entry.list_slug, event=entry.event.value, way=entry.way.value
    )


def who_chose(connection: sa.Connection, ids: Sequence[int]) -> set[int]:
    """Those of the subscribers who set their name or tags on the preferences page."""
    if not ids:
        return set()
    chose = (
        sa.select(tables.history.c.subscriber_id)
        .where(
            tables.history.c.subscriber_id.in_(ids),
            tables.history.c.event == Event.PREFERENCES.value,
        )
        .distinct()
    )
    return set(connection.scalars(chose))


def who_agreed(connection: sa.Connection, subscriber_ids: Iterable[int]) -> set[int]:
    """Which of these people ever confirmed, or were added or imported by the operator.

    Everything known about anybody else, the name included, may have been typed into a form by a
    stranger, so no letter may repeat it.
    """
    ids = list(subscriber_ids)
    if not ids:
        return set()
    table, subscriptions = tables.history, tables.subscriptions
    agreed = sa.select(table.c.subscriber_id).where(
        table.c.subscriber_id.in_(ids), table.c.event.in_([event.value for event in AGREEMENTS])
    )
    active = sa.select(subscriptions.c.subscriber_id).where(
        subscriptions.c.subscriber_id.in_(ids), subscriptions.c.status == Status.ACTIVE.value
    )
    return set(connection.scalars(sa.union(agreed, active)))


AGREEMENTS = (Event.CONFIRM, Event.IMPORT, Event.ADD)
"""The events that show that a person agreed, or that the operator states it."""


def count_left(connection: sa.Connection, list_slug: str, way: Way, since: datetime) -> int:
    """How often readers left the list by this way since then."""
    table = tables.history
    query = sa.select(sa.func.count()).where(
        table.c.event == Event.UNSUBSCRIBE.value,
        table.c.list_slug == list_slug,
        table.c.at >= since,
        table.c.way == way.value,
    )
    return connection.scalar(query) or 0
