"""Pages of subscribers, in the order in which they were stored, by list, status and segment.

A page starts after the last person of the page before, so that the database reads no more rows
than those that it returns or that the conditions refuse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from subscribers import tables
from subscribers.audience import parse_follows
from subscribers.subscriber import Frequency, Status


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundPerson:
    """A person, with the status of each of their subscriptions by list."""

    id: int
    address: str
    name: str
    tags: tuple[str, ...]
    frequency: Frequency
    attributes: dict[str, str]
    created_at: datetime
    subscriptions: dict[str, Status] = field(default_factory=dict)


def people_page(
    connection: sa.Connection,
    *,
    list_id: int | None = None,
    status: Status | None = None,
    condition: sa.ColumnElement[bool] | None = None,
    after: int = 0,
    limit: int,
) -> list[FoundPerson]:
    """Up to `limit` people with ids above `after`, ordered by id.

    `list_id` finds only those with a subscription to that list. `status` is that subscription's,
    or that of any subscription without a list. `condition` is that of a segment.
    """
    people, subscriptions = tables.subscribers, tables.subscriptions
    # Where the subscriptions are joined, too: a merge would else read everybody up to `after`.
    query = sa.select(people).where(people.c.id > after).limit(limit)
    if list_id is not None:
        query = (
            query.join(subscriptions, subscriptions.c.subscriber_id == people.c.id)
            .where(subscriptions.c.list_id == list_id, subscriptions.c.subscriber_id > after)
            .order_by(subscriptions.c.subscriber_id)
        )
        query = query.where(*has_status(subscriptions.c.status, status))
    else:
        query = query.order_by(people.c.id)
        theirs = subscriptions.alias()
        if status is not None:
            query = query.where(
                sa.exists().where(
                    theirs.c.subscriber_id == people.c.id, theirs.c.status == status.value
                )
            )
    if condition is not None:
        query = query.where(condition)
    return found_people(connection, query)


def found_people(connection: sa.Connection, query: sa.Select[Any]) -> list[FoundPerson]:
    """The people in the rows of a query of `subscribers`, with their subscriptions."""
    rows = connection.execute(query).all()
    statuses = _subscriptions(connection, [row.id for row in rows])
    return [_found(row, statuses.get(row.id, {})) for row in rows]


def has_status(
    column: sa.ColumnElement[str], status: Status | None
) -> list[sa.ColumnElement[bool]]:
    """The conditions; that of the index of other statuses is said in its own words."""
    if status is None:
        return []
    exactly = column == sa.literal_column(f"'{status.value}'")
    return [exactly] if status is Status.ACTIVE else [exactly, tables.is_not_active]


def _subscriptions(connection: sa.Connection, ids: Sequence[int]) -> dict[int, dict[str, Status]]:
    lists, table = tables.lists, tables.subscriptions
    found: dict[int, dict[str, Status]] = {}
    rows = connection.execute(
        sa.select(table.c.subscriber_id, lists.c.slug, table.c.status)
        .join(lists, lists.c.id == table.c.list_id)
        .where(table.c.subscriber_id.in_(ids))
        .order_by(table.c.subscriber_id, lists.c.slug)
    )
    for row in rows:
        found.setdefault(row.subscriber_id, {})[row.slug] = Status(row.status)
    return found


def _found(row: sa.Row[Any], subscriptions: dict[str, Status]) -> FoundPerson:
    return FoundPerson(
        id=row.id,
        address=row.address,
        name=row.name,
        tags=tuple(sorted(parse_follows(row.follows))),
        frequency=Frequency(row.frequency),
        attributes=row.attributes,
        created_at=row.created_at,
        subscriptions=subscriptions,
    )
