"""Everybody with everything that is known about them, page by page: to take it elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from subscribers import tables
from subscribers.addresses import parse_address
from subscribers.audience import parse_follows
from subscribers.bounces import bounces_by_person
from subscribers.history import entries_by_person
from subscribers.private_feeds import feed_document, feeds_by_person
from subscribers.suppression import suppressed

PAGE = 500
"""People read at a time."""


def everybody(connection: sa.Connection) -> Iterator[dict[int, dict[str, Any]]]:
    """Every person by id, in pages in the order of the ids, whatever the status.

    A person is as `people.show` shows them, with when they were stored first, since when each
    subscription has its status, and bounces.
    """
    people = tables.subscribers
    last = 0
    while rows := connection.execute(
        sa.select(people).where(people.c.id > last).order_by(people.c.id).limit(PAGE)
    ).all():
        first, last = rows[0].id, rows[-1].id
        subscriptions = _subscriptions(connection, first, last)
        feeds = feeds_by_person(connection, first, last)
        histories = entries_by_person(connection, first, last)
        bounces = bounces_by_person(connection, first, last)
        addresses = {row.id: parse_address(row.address) for row in rows}
        blocked = suppressed(connection, list(addresses.values()))
        yield {
            row.id: {
                "address": row.address,
                "name": row.name,
                "tags": sorted(parse_follows(row.follows)),
                "frequency": row.frequency,
                "mail_format": row.mail_format,
                "time_zone": row.time_zone,
                "paused_until": row.paused_until.isoformat() if row.paused_until else None,
                "suppressed": addresses[row.id].key in blocked,
                "attributes": row.attributes,
                "stored_since": row.created_at.isoformat(),
                "subscriptions": subscriptions.get(row.id, []),
                "feeds": [feed_document(feed) for feed in feeds.get(row.id, [])],
                "history": histories.get(row.id, []),
                "bounces": bounces.get(row.id, []),
            }
            for row in rows
        }


def _subscriptions(
    connection: sa.Connection, first: int, last: int
) -> dict[int, list[dict[str, Any]]]:
    lists, table = tables.lists, tables.subscriptions
    rows = connection.execute(
        sa.select(table.c.subscriber_id, lists.c.slug, table.c.status, table.c.changed_at)
        .join(lists, lists.c.id == table.c.list_id)
        .where(table.c.subscriber_id.between(first, last))
        .order_by(lists.c.slug)
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.subscriber_id, []).append(
            {"list": row.slug, "status": row.status, "since": row.changed_at.isoformat()}
        )
    return found
