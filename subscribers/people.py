"""People: find, add, show, list, take off a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from subscribers import suppression, tables
from subscribers.addresses import parse_address
from subscribers.admission import Candidate, Outcome, Terms, admit
from subscribers.audience import format_follows, parse_follows
from subscribers.errors import SuppressedError, UnknownSubscriberError
from subscribers.history import Event, Way, entries_of, who_agreed
from subscribers.lists import list_id
from subscribers.subscriber import Frequency, Status, Subscriber
from subscribers.unsubscribe import unsubscribe


def find(connection: sa.Connection, address: str) -> Subscriber:
    """The person with this address; raises AddressError and UnknownSubscriberError."""
    parsed = parse_address(address)
    person = _one(connection, tables.subscribers.c.address_key == parsed.key)
    if person is None:
        raise UnknownSubscriberError(f"nobody has the address {parsed.text}", field="address")
    return person


def get(connection: sa.Connection, subscriber_id: int) -> Subscriber | None:
    """The person with this number; None when erased."""
    return _one(connection, tables.subscribers.c.id == subscriber_id)


def add(
    connection: sa.Connection,
    address: str,
    *,
    list_slug: str,
    now: datetime,
    name: str = "",
    follows: Iterable[str] | None = None,
    detail: str = "",
    force: bool = False,
    consent: str = "",
) -> Outcome:
    """Put one person on a list, by the operator's hand.

    `follows` None leaves the tags as they are. Raises AddressError, and SuppressedError for
    whoever left or is suppressed, unless `force` with a stated `consent`.
    """
    candidate = Candidate(
        address=parse_address(address),
        name=name,
        follows=None if follows is None else format_follows(follows),
    )
    terms = Terms(
        list_slug=list_slug,
        event=Event.ADD,
        way=Way.OPERATOR,
        now=now,
        detail=detail,
        force=force,
        consent=consent,
    )
    (admission,) = admit(connection, [candidate], terms)
    if admission.outcome is Outcome.REFUSED:
        raise SuppressedError(
            f"{candidate.address.text}: {admission.reason}",
            field="address",
            fix="bring people back only with their consent, and state it",
        )
    return admission.outcome


def remove(
    connection: sa.Connection,
    address: str,
    now: datetime,
    *,
    list_slug: str | None = None,
    detail: str = "",
) -> list[str]:
    """Unsubscribe by the operator, from one list or from all; the lists it changed.

    Raises UnknownSubscriberError, and UnknownListError for a list that is not there.
    """
    person = find(connection, address)
    if list_slug is not None:
        list_id(connection, list_slug)
    slugs = [list_slug] if list_slug else [slug for slug, _ in _subscriptions(connection, person)]
    return [
        slug
        for slug in slugs
        if unsubscribe(connection, person.id, slug, Way.OPERATOR, now, detail).changed
    ]


def active_lists(connection: sa.Connection, subscriber_id: int) -> list[str]:
    """The lists that a person gets."""
    lists, subscriptions = tables.lists, tables.subscriptions
    return list(
        connection.scalars(
            sa.select(lists.c.slug)
            .join(subscriptions, subscriptions.c.list_id == lists.c.id)
            .where(
                subscriptions.c.subscriber_id == subscriber_id,
                subscriptions.c.status == Status.ACTIVE.value,
            )
            .order_by(lists.c.slug)
        )
    )


def lists_of(connection: sa.Connection, subscriber_id: int) -> list[str]:
    """Every list that the person has a subscription of, whatever became of it."""
    lists, subscriptions = tables.lists, tables.subscriptions
    return list(
        connection.scalars(
            sa.select(lists.c.slug)
            .join(subscriptions, subscriptions.c.list_id == lists.c.id)
            .where(subscriptions.c.subscriber_id == subscriber_id)
            .order_by(lists.c.slug)
        )
    )


def has_agreed(connection: sa.Connection, subscriber_id: int) -> bool:
    """Whether the person ever confirmed, or the operator vouched for them: see who_agreed."""
    return bool(who_agreed(connection, [subscriber_id]))


def show(connection: sa.Connection, address: str) -> dict[str, Any]:
    """Everything known about one person, in the shape of `subscribers show --json`."""
    person = find(connection, address)
    return {
        "address": person.address,
        "name": person.name,
        "tags": sorted(person.follows),
        "frequency": person.frequency,
        "paused_until": person.paused_until.isoformat() if person.paused_until else None,
        "suppressed": suppression.is_suppressed(connection, person.address),
        "attributes": dict(person.attributes),
        "subscriptions": [
            {"list": slug, "status": status} for slug, status in _subscriptions(connection, person)
        ],
        "history": entries_of(connection, person.id),
    }


def listing(
    connection: sa.Connection, list_slug: str, status: Status | None = None
) -> Iterator[dict[str, Any]]:
    """Everybody on a list, by address: address, name, tags, status. Raises UnknownListError."""
    people, subscriptions = tables.subscribers, tables.subscriptions
    query = (
        sa.select(people.c.address, people.c.name, people.c.follows, subscriptions.c.status)
        .join(subscriptions, subscriptions.c.subscriber_id == people.c.id)
        .where(subscriptions.c.list_id == list_id(connection, list_slug))
        .order_by(people.c.address_key)
    )
    if status is not None:
        query = query.where(subscriptions.c.status == status.value)
    return (
        {
            "address": row.address,
            "name": row.name,
            "tags": sorted(parse_follows(row.follows)),
            "status": row.status,
        }
        for row in connection.execute(query.execution_options(yield_per=1000))
    )


def _one(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> Subscriber | None:
    row = connection.execute(sa.select(tables.subscribers).where(condition)).one_or_none()
    if row is None:
        return None
    return Subscriber(
        id=row.id,
        address=row.address,
        name=row.name,
        follows=parse_follows(row.follows),
        frequency=Frequency(row.frequency),
        paused_until=row.paused_until,
        attributes=row.attributes,
    )


def _subscriptions(connection: sa.Connection, person: Subscriber) -> list[tuple[str, str]]:
    lists, subscriptions = tables.lists, tables.subscriptions
    found = connection.execute(
        sa.select(lists.c.slug, subscriptions.c.status)
        .join(subscriptions, subscriptions.c.list_id == lists.c.id)
        .where(subscriptions.c.subscriber_id == person.id)
        .order_by(lists.c.slug)
    )
    return [(row.slug, row.status) for row in found]
