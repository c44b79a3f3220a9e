"""The suppression list, page by page, and why an address is not mailed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from subscribers import tables
from subscribers.addresses import parse_address
from subscribers.bounces import bounces_of
from subscribers.errors import UnknownSubscriberError
from subscribers.hashing import hashed_all
from subscribers.history import Event, entries_of
from subscribers.people import find
from subscribers.private_feeds import feed_document, feeds_of
from subscribers.subscriber import FeedUse, Status
from subscribers.suppression import parse_pattern

ERASED = "#"
"""How the pattern of an erased address begins; a salted hash follows."""

PAGE = 1000

_EVIDENCE = frozenset(
    {
        Event.SUPPRESS,
        Event.LIFT,
        Event.UNSUBSCRIBE,
        Event.RESTORE,
        Event.UNDO,
        Event.MERGE,
        Event.PAUSE,
        Event.FEED,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SuppressionEntry:
    """One entry. `pattern` is an address, `@domain`, or "#" and the hash of an erased address."""

    id: int
    pattern: str
    reason: str
    at: datetime


def suppressions_page(
    connection: sa.Connection, *, search: str = "", after: int = 0, limit: int
) -> list[SuppressionEntry]:
    """Up to `limit` entries with ids above `after`, in the order in which they were made.

    `search` finds them by a part of the address, domain or reason, in any case.
    """
    table = tables.suppressions
    query = sa.select(table).where(table.c.id > after).order_by(table.c.id).limit(limit)
    if search:
        text = search.strip().casefold()
        # The hash of an erased address has no meaning to search for.
        query = query.where(
            sa.or_(
                sa.func.lower(table.c.reason).contains(text, autoescape=True),
                table.c.pattern.contains(text, autoescape=True)
                & ~table.c.pattern.startswith(ERASED),
            )
        )
    return [_entry(row) for row in connection.execute(query)]


def all_suppressions(connection: sa.Connection, *, search: str = "") -> Iterator[SuppressionEntry]:
    """Every entry, read page by page."""
    after = 0
    while page := suppressions_page(connection, search=search, after=after, limit=PAGE):
        yield from page
        after = page[-1].id


def suppressions_of(connection: sa.Connection, pattern: str) -> list[SuppressionEntry]:
    """The entries that apply to an address, or to a whole `@domain`. Raises AddressError."""
    pattern = parse_pattern(pattern)
    patterns = [pattern]
    if not pattern.startswith("@"):
        patterns += [f"@{pattern.rpartition('@')[2]}"]
        patterns += [f"{ERASED}{digest}" for digest in hashed_all(connection, [pattern])]
    table = tables.suppressions
    found = connection.execute(
        sa.select(table).where(table.c.pattern.in_(patterns)).order_by(table.c.id)
    )
    return [_entry(row) for row in found]


def explain(connection: sa.Connection, pattern: str, now: datetime) -> dict[str, Any]:
    """Why an address (or `@domain`) is mailed or not, since when, and by what evidence.

    `mailed` names the lists that mail it now. `suppressions`, `subscriptions` and `paused_until`
    are the reasons against it; `history` and `bounces` the evidence. Raises AddressError.
    """
    entries = suppressions_of(connection, pattern)
    answer: dict[str, Any] = {
        "pattern": parse_pattern(pattern),
        "known": False,
        "mailed": [],
        "suppressions": [suppression_document(entry) for entry in entries],
        "subscriptions": [],
        "paused_until": None,
        "feeds": [],
        "history": [],
        "bounces": [],
    }
    try:
        person = (
            find(connection, parse_address(pattern).text) if pattern.strip()[:1] != "@" else None
        )
    except UnknownSubscriberError:
        person = None
    if person is None:
        return answer
    paused = person.paused_until if person.paused_until and person.paused_until > now else None
    subscriptions = _subscriptions(connection, person.id)
    held = bool(entries or paused)
    feeds = feeds_of(connection, person.id)
    alone = {feed.list_slug for feed in feeds if feed.use is FeedUse.ALONE}
    return answer | {
        "known": True,
        "mailed": [
            one["list"]
            for one in subscriptions
            if one["mailed"] and not held and one["list"] not in alone
        ],
        "subscriptions": [{k: v for k, v in one.items() if k != "mailed"} for one in subscriptions],
        "paused_until": paused.isoformat() if paused else None,
        "feeds": [feed_document(feed) for feed in feeds],
        "history": [
            entry
            for entry in entries_of(connection, person.id)
            if entry["event"] in {event.value for event in _EVIDENCE}
        ],
        "bounces": bounces_of(connection, person.id),
    }


def suppression_document(entry: SuppressionEntry) -> dict[str, Any]:
    """The entry as JSON; an erased address cannot be named."""
    erased = entry.pattern.startswith(ERASED)
    return {
        "pattern": None if erased else entry.pattern,
        "erased": erased,
        "reason": entry.reason,
        "at": entry.at.isoformat(),
    }


def _subscriptions(connection: sa.Connection, subscriber_id: int) -> list[dict[str, Any]]:
    lists, table = tables.lists, tables.subscriptions
    rows = connection.execute(
        sa.select(lists.c.slug, lists.c.closed_at, table.c.status, table.c.changed_at)
        .join(table, table.c.list_id == lists.c.id)
        .where(table.c.subscriber_id == subscriber_id)
        .order_by(lists.c.slug)
    )
    return [
        {
            "list": row.slug,
            "status": row.status,
            "since": row.changed_at.isoformat(),
            "closed": row.closed_at is not None,
            "mailed": row.status == Status.ACTIVE.value and row.closed_at is None,
        }
        for row in rows
    ]


def _entry(row: sa.Row[Any]) -> SuppressionEntry:
    return SuppressionEntry(id=row.id, pattern=row.pattern, reason=row.reason, at=row.at)
