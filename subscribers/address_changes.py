"""A change of address: asked for on the page, confirmed at the new address, told to the old."""

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
"""Wishes of one reader a day."""

_MAY_RETURN = frozenset({Status.UNSUBSCRIBED, Status.BOUNCED, Status.PENDING})


def ask_to_move(
    connection: sa.Connection, subscriber_id: int, address: str, list_slug: str, now: datetime
) -> LetterRequest | None:
    """The question to the new address; None where it may not be asked, or it is the old one.

    What to show the reader is the same in each case. Raises AddressError.
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


def requested_change(connection: sa.Connection, change_id: int, now: datetime) -> str | None:
    """The new address of a wish that still stands, or None."""
    table = tables.address_changes
    return connection.scalar(
        sa.select(table.c.address).where(
            table.c.id == change_id, table.c.asked_at > now - CONFIRM_WITHIN
        )
    )


def move(connection: sa.Connection, change_id: int, now: datetime) -> LetterRequest | None:
    """The new address said yes: from now on mail goes there. The word to the old one, if it did.

    Where the new address is a reader already, it takes the subscriptions over.
    """
    address = requested_change(connection, change_id, now)
    table = tables.address_changes
    wish = connection.execute(
        sa.delete(table)
        .where(table.c.id == change_id)
        .returning(table.c.subscriber_id, table.c.list_slug)
    ).one_or_none()
    if address is None or wish is None:
        return None
    person = people.get(connection, wish.subscriber_id)
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
            connection, person.id, wish.list_slug, person.address, now
        )  # the way back
    else:
        _hand_over(connection, person, new, now)
    return LetterRequest(
        template=Template.MOVED,
        subscriber_id=person.id,
        address=person.address,
        list_slug=wish.list_slug,
        words=words,
    )


def forget_requests(connection: sa.Connection, now: datetime) -> int:
    """Delete wishes that can no longer be confirmed; how many."""
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
    mine, there = connection.execute(
        sa.select(
            sa.func.count().filter(table.c.subscriber_id == subscriber_id),
            sa.func.count().filter(sa.func.lower(table.c.address) == new.text.lower()),
        ).where(recent)
    ).one()
    return bool(mine < ASK_AT_MOST and there == 0)


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
