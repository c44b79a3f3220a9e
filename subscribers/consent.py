"""Double opt-in: asking to join, confirming, and forgetting who never did."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa

from subscribers import tables
from subscribers.addresses import Address, parse_address
from subscribers.admission import AdmissionOutcome, Applicant, Terms, admit
from subscribers.audience import format_follows
from subscribers.hashing import hashed
from subscribers.history import Event, HistoryEntry, Way, latest, record
from subscribers.letters import LetterRequest, Template
from subscribers.sql import insert_once
from subscribers.subscriber import Status
from subscribers.unsubscribe import status_of

ASK_EVERY = timedelta(hours=24)
ASK_AT_MOST = 3
"""Mails to one address without an answer, ever: a form in strangers' hands is no mail gun."""

CONFIRM_WITHIN = timedelta(days=7)
"""How long the link in the question works."""

_MAY_RETURN = frozenset({Status.UNSUBSCRIBED, Status.BOUNCED})
# Not COMPLAINED: whoever called our mail spam is not mailed because a form says so.


def ask_to_join(
    connection: sa.Connection,
    address: str,
    *,
    list_slug: str,
    way: Way,
    now: datetime,
    origin: str = "",
    wording: str = "",
    name: str = "",
    follows: Iterable[str] = (),
) -> LetterRequest | None:
    """Somebody, perhaps a stranger, gave this address; the letter to send, if any.

    The answer to show is the same in every case. `origin` says from where, `wording` what
    stood at the button: both are kept as proof. A name or tags given for somebody who is
    known already change nothing: anybody can give them. Raises AddressError.
    """
    parsed = parse_address(address)
    known = connection.scalar(
        sa.select(tables.subscribers.c.id).where(tables.subscribers.c.address_key == parsed.key)
    )
    terms = Terms(
        list_slug=list_slug,
        event=Event.SUBSCRIBE,
        way=way,
        now=now,
        detail="; ".join(part for part in (origin, f"“{wording}”" if wording else "") if part),
        status=Status.PENDING,
        returning=_MAY_RETURN,
    )
    candidate = (
        Applicant(address=parsed)
        if known
        else Applicant(address=parsed, name=name, follows=format_follows(follows))
    )
    (admission,) = admit(connection, [candidate], terms)
    if admission.outcome is AdmissionOutcome.REFUSED or not _may_ask(connection, parsed, now):
        return None
    person = connection.execute(
        sa.select(tables.subscribers.c.id, tables.subscribers.c.address).where(
            tables.subscribers.c.address_key == parsed.key
        )
    ).one()
    active = status_of(connection, person.id, list_slug) is Status.ACTIVE
    return LetterRequest(
        template=Template.ALREADY if active else Template.CONFIRM,
        subscriber_id=person.id,
        address=person.address,
        list_slug=list_slug,
    )


def questions(
    connection: sa.Connection, list_slug: str, asked_at: datetime, *, after: int, most: int
) -> tuple[list[LetterRequest], int]:
    """The questions to those whom one import left pending, some at a time.

    `asked_at` is the import's moment, `after` the number that the call before gave, 0 at first;
    gives 0 when there are no more. Who had enough questions gets none.
    """
    people, table = tables.subscribers, tables.subscriptions
    rows = connection.execute(
        sa.select(people.c.id, people.c.address)
        .join(table, table.c.subscriber_id == people.c.id)
        .join(tables.lists, tables.lists.c.id == table.c.list_id)
        .where(
            tables.lists.c.slug == list_slug,
            tables.is_pending,
            table.c.changed_at == asked_at,
            table.c.subscriber_id > after,
        )
        .order_by(table.c.subscriber_id)
        .limit(most)
    ).all()
    letters = [
        LetterRequest(
            template=Template.CONFIRM,
            subscriber_id=row.id,
            address=row.address,
            list_slug=list_slug,
        )
        for row in rows
        if _may_ask(connection, parse_address(row.address), asked_at)
    ]
    return letters, rows[-1].id if rows else 0


def confirm(
    connection: sa.Connection,
    subscriber_id: int,
    list_slug: str,
    *,
    way: Way,
    now: datetime,
    origin: str = "",
) -> LetterRequest | None:
    """The reader said yes: pending becomes active, once. The welcome to send, if it did.

    Whoever has left since is not brought back by the old question.
    """
    table = tables.subscriptions
    number = sa.select(tables.lists.c.id).where(tables.lists.c.slug == list_slug).scalar_subquery()
    confirmed = connection.execute(
        sa.update(table)
        .where(
            table.c.subscriber_id == subscriber_id,
            table.c.list_id == number,
            table.c.status == Status.PENDING.value,
        )
        .values(status=Status.ACTIVE.value, changed_at=now)
    )
    if confirmed.rowcount == 0:
        return None
    entry = HistoryEntry(
        subscriber_id=subscriber_id,
        at=now,
        event=Event.CONFIRM,
        way=way,
        list_slug=list_slug,
        detail=origin,
    )
    record(connection, [entry])
    person = connection.execute(
        sa.select(tables.subscribers.c.address, tables.subscribers.c.address_key).where(
            tables.subscribers.c.id == subscriber_id
        )
    ).one()
    answered = tables.confirmations
    connection.execute(
        sa.delete(answered).where(answered.c.address_hash == hashed(connection, person.address_key))
    )
    return LetterRequest(
        template=Template.WELCOME,
        subscriber_id=subscriber_id,
        address=person.address,
        list_slug=list_slug,
    )


def drop_unconfirmed(connection: sa.Connection, before: datetime) -> int:
    """Forget requests made before this moment and never confirmed; how many.

    Whoever had left before asking anew counts as having left again, with their record;
    whoever is on no other list is deleted.
    """
    table, people = tables.subscriptions, tables.subscribers
    stale = connection.execute(
        sa.select(table.c.list_id, table.c.subscriber_id, table.c.changed_at, tables.lists.c.slug)
        .join(tables.lists, tables.lists.c.id == table.c.list_id)
        .where(tables.is_pending, table.c.changed_at < before)
    ).all()
    for row in stale:
        this = sa.and_(table.c.list_id == row.list_id, table.c.subscriber_id == row.subscriber_id)
        if latest(connection, row.subscriber_id, row.slug, [Event.UNSUBSCRIBE]):
            left = {"status": Status.UNSUBSCRIBED.value, "changed_at": row.changed_at}
            connection.execute(sa.update(table).where(this).values(left))
            continue
        connection.execute(sa.delete(table).where(this))
        elsewhere = sa.exists().where(table.c.subscriber_id == row.subscriber_id)
        if not connection.scalar(sa.select(elsewhere)):
            connection.execute(
                sa.delete(tables.history).where(tables.history.c.subscriber_id == row.subscriber_id)
            )
            connection.execute(sa.delete(people).where(people.c.id == row.subscriber_id))
    return len(stale)


def _may_ask(connection: sa.Connection, address: Address, now: datetime) -> bool:
    """Count one more mail to this address, unless it had enough; safe against a race."""
    table, digest = tables.confirmations, hashed(connection, address.key)
    if insert_once(connection, table, {"address_hash": digest, "sent": 1, "last_at": now}):
        return True
    counted = connection.execute(
        sa.update(table)
        .where(
            table.c.address_hash == digest,
            table.c.sent < ASK_AT_MOST,
            table.c.last_at <= now - ASK_EVERY,
        )
        .values(sent=table.c.sent + 1, last_at=now)
    )
    return bool(counted.rowcount)
