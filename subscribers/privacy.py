"""Erasure of a person (the right to be forgotten): only a salted hash of the address is kept."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from subscribers import tables
from subscribers.addresses import parse_address
from subscribers.errors import UnknownSubscriberError
from subscribers.growth import ERASURE, Happening, count
from subscribers.sql import insert_once
from subscribers.subscriber import Status
from subscribers.suppression import erased_pattern


def erase(connection: sa.Connection, address: str, now: datetime) -> bool:
    """Delete the person and their history; the kept hash stops imports from bringing them back.

    Returns False if that address was erased before. Raises UnknownSubscriberError for an address
    that was never stored. The ledger knows people only by number and keeps its counts.
    """
    key = parse_address(address).key
    pattern = erased_pattern(connection, key)
    suppressions, people = tables.suppressions, tables.subscribers
    person = connection.scalar(sa.select(people.c.id).where(people.c.address_key == key))
    named = connection.execute(sa.delete(suppressions).where(suppressions.c.pattern == key))
    if person is None and named.rowcount == 0:
        if connection.scalar(sa.select(suppressions.c.id).where(suppressions.c.pattern == pattern)):
            return False
        raise UnknownSubscriberError("nobody has that address", field="address")
    _count_leaving(connection, person, now)
    for table in (
        tables.history,
        tables.private_feeds,
        tables.subscriptions,
        tables.bounces,
        tables.address_changes,
    ):
        connection.execute(sa.delete(table).where(table.c.subscriber_id == person))
    letters, asked = tables.inbound_messages, tables.address_changes
    connection.execute(sa.delete(letters).where(letters.c.address == key))
    connection.execute(sa.delete(asked).where(sa.func.lower(asked.c.address) == key))
    connection.execute(sa.delete(people).where(people.c.id == person))
    row = {"pattern": pattern, "reason": "erased at the reader's request", "at": now}
    insert_once(connection, suppressions, row)
    return True


def _count_leaving(connection: sa.Connection, person: int | None, now: datetime) -> None:
    """Count the lists that the person leaves by being erased."""
    lists, table = tables.lists, tables.subscriptions
    left = connection.scalars(
        sa.select(lists.c.slug)
        .join(table, table.c.list_id == lists.c.id)
        .where(
            table.c.subscriber_id == person,
            table.c.status.in_([Status.ACTIVE.value, Status.PENDING.value]),
        )
    ).all()
    count(
        connection,
        [Happening(at=now, list_slug=slug, event="unsubscribe", way=ERASURE) for slug in left],
    )
