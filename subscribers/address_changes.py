"""A change of address: requested on the page, confirmed at the new address, announced to the old."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from subscribers import people, suppression, tables
from subscribers.addresses import Address, parse_address
from subscribers.admission import Applicant, Terms, admit
from subscribers.history import Event, HistoryEntry, Way, record
from subscribers.letters import LetterRequest, Template
from subscribers.subscriber import Status, Subscriber
from subscribers.unsubscribe import unsubscribe

CONFIRM_WITHIN = timedelta(days=7)
ASK_EVERY = timedelta(hours=24)
ASK_AT_MOST = 3
"""Requests that one reader may make in a day."""

_MAY_RETURN = frozenset({Status.UNSUBSCRIBED, Status.BOUNCED, Status.PENDING})


def ask_to_move(
    connection: sa.Connection, subscriber_id: int, address: str, list_slug: str, now: datetime
) -> LetterRequest | None:
    """Record a request and return the confirmation letter to the new address.

    Returns None if the address is unchanged, suppressed, or over the limit of requests. The
    caller shows the reader the same answer in each case. Raises AddressError.
    """
    new = parse_address(address)
    person = people.get(connection, subscriber_id)
    if person is None or parse_address(person.address).key == new.key:
        return None
    if suppression.suppressed(connection, [new]) or not _may_ask(
        connection, subscriber_id, new, now
    ):
        return None
    change = _remember(connection, subscriber_id, list_slug, new.text, now)
    return LetterRequest(
        template=Template.MOVE,
        subscriber_id=subscriber_id,
        address=new.text,
        list_slug=list_slug,
        words={"change": change},
    )


def requests_of(connection: sa.Connection, subscriber_id: int) -> list[dict[str, str]]:
    """The reader's requests that are still stored: asked_at (ISO), address."""
    table = tables.address_changes
    rows = connection.execute(
        sa.select(table.c.asked_at, table.c.address)
        .where(table.c.subscriber_id == subscriber_id)
        .order_by(table.c.id)
    )
    return [{"asked_at": row.asked_at.isoformat(), "address": row.address} for row in rows]


def requested_change(connection: sa.Connection, change_id: int, now: datetime) -> str | None:
    """The new address of a request that can still be confirmed, or None."""
    table = tables.address_changes
    return connection.scalar(
        sa.select(table.c.address).where(
            table.c.id == change_id, table.c.asked_at > now - CONFIRM_WITHIN
        )
    )


def move(connection: sa.Connection, change_id: int, now: datetime) -> LetterRequest | None:
    """Move the reader to the confirmed new address and return the letter to the old one.

    If another reader already has the new address, that reader takes the subscriptions over.
    Returns None if the request has expired or the new address is suppressed.
    """
    address = requested_change(connection, change_id, now)
    table = tables.address_changes
    request = connection.execute(
        sa.delete(table)
        .where(table.c.id == change_id)
        .returning(table.c.subscriber_id, table.c.list_slug)
    ).one_or_none()
    if address is None or request is None:
        return None
    person = people.get(connection, request.subscriber_id)
    new = parse_address(address)
    if person is None or suppression.suppressed(connection, [new]):
        return None
    other = connection.scalar(
        sa.select(tables.subscribers.c.id).where(tables.subscribers.c.address_key == new.key)
    )
    words: dict[str, object] = {}
    if other is None or other == person.id:
        connection.execute(
            sa.update(tables.subscribers)
            .where(tables.subscribers.c.id == person.id)
            .values(address=new.text, address_key=new.key)
        )
        entry = HistoryEntry(
            subscriber_id=person.id,
            at=now,
            event=Event.MOVE,
            way=Way.PAGE,
            detail=f"from {person.address}",
        )
        record(connection, [entry])
        words["change"] = _remember(
            connection, person.id, request.list_slug, person.address, now
        )  # for the link that undoes the change
    else:
        _hand_over(connection, person, new, now)
    return LetterRequest(
        template=Template.MOVED,
        subscriber_id=person.id,
        address=person.address,
        list_slug=request.list_slug,
        words=words,
    )


def forget_requests(connection: sa.Connection, now: datetime) -> int:
    """Delete requests that can no longer be confirmed; return their number."""
    table = tables.address_changes
    stale = table.c.asked_at <= now - CONFIRM_WITHIN
    return connection.execute(sa.delete(table).where(stale)).rowcount


def _hand_over(connection: sa.Connection, person: Subscriber, new: Address, now: datetime) -> None:
    for slug in people.active_lists(connection, person.id):
        terms = Terms(
            list_slug=slug,
            event=Event.MOVE,
            way=Way.PAGE,
            now=now,
            detail=f"from {person.address}",
            returning=_MAY_RETURN,
        )
        admit(connection, [Applicant(address=new)], terms)
        unsubscribe(connection, person.id, slug, Way.PAGE, now, "moved to another address")


def _may_ask(connection: sa.Connection, subscriber_id: int, new: Address, now: datetime) -> bool:
    table = tables.address_changes
    recent = table.c.asked_at > now - ASK_EVERY
    by_reader, to_address = connection.execute(
        sa.select(
            sa.func.count().filter(table.c.subscriber_id == subscriber_id),
            sa.func.count().filter(sa.func.lower(table.c.address) == new.text.lower()),
        ).where(recent)
    ).one()
    return bool(by_reader < ASK_AT_MOST and to_address == 0)


def _remember(
    connection: sa.Connection, subscriber_id: int, list_slug: str, address: str, now: datetime
) -> int:
    table = tables.address_changes
    values = {
        "subscriber_id": subscriber_id,
        "list_slug": list_slug,
        "address": address,
        "asked_at": now,
    }
    return int(
        connection.execute(sa.insert(table).values(values).returning(table.c.id)).scalar_one()
    )
