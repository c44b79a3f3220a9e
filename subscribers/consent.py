"""Double opt-in: join requests, confirmations, and the removal of requests never confirmed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from subscribers import tables
from subscribers.addresses import Address, parse_address
from subscribers.admission import AdmissionOutcome, Applicant, Terms, admit
from subscribers.audience import format_follows
from subscribers.hashing import hashed
from subscribers.history import AGREEMENTS, Event, HistoryEntry, Way, latest, record
from subscribers.letters import LetterRequest, Template
from subscribers.lists import numbered
from subscribers.sql import insert_once
from subscribers.subscriber import Status
from subscribers.unsubscribe import status_of

ASK_EVERY = timedelta(hours=24)
ASK_AT_MOST = 3
"""Unanswered confirmation mails that one address ever gets, so that nobody can flood it by a form."""

CONFIRM_WITHIN = timedelta(days=7)
"""How long the link in a confirmation mail works."""

_MAY_RETURN = frozenset({Status.UNSUBSCRIBED, Status.BOUNCED})
# Not COMPLAINED: a form, which anybody can fill in, does not bring back a reader who reported
# our mail as spam.


@dataclass(frozen=True, kw_only=True, slots=True)
class JoinRequest:
    """A request to put an address on a list, not necessarily made by its owner.

    `origin` is where the request came from and `wording` the text beside the button; both are
    kept as proof of consent. `follows` are tag slugs; none means every tag. The address gets at
    most `ask_at_most` mails that it does not answer.
    """

    address: str
    list_slug: str
    way: Way
    origin: str = ""
    wording: str = ""
    name: str = ""
    follows: Iterable[str] = ()
    ask_at_most: int = ASK_AT_MOST

    @property
    def proof(self) -> str:
        """The detail of the consent record."""
        quoted = f"“{self.wording}”" if self.wording else ""
        return "; ".join(part for part in (self.origin, quoted) if part)


def ask_to_join(
    connection: sa.Connection, request: JoinRequest, now: datetime
) -> LetterRequest | None:
    """Record the request as pending and return the letter to send, if any.

    The caller shows the same answer in every case, so that nobody learns who subscribes. The
    request's name and tags are ignored for a known address, because anybody can give them.
    Raises AddressError.
    """
    parsed = parse_address(request.address)
    known = connection.scalar(
        sa.select(tables.subscribers.c.id).where(tables.subscribers.c.address_key == parsed.key)
    )
    terms = Terms(
        list_slug=request.list_slug,
        event=Event.SUBSCRIBE,
        way=request.way,
        now=now,
        detail=request.proof,
        status=Status.PENDING,
        returning=_MAY_RETURN,
    )
    candidate = (
        Applicant(address=parsed)
        if known
        else Applicant(address=parsed, name=request.name, follows=format_follows(request.follows))
    )
    (admission,) = admit(connection, [candidate], terms)
    if admission.outcome is AdmissionOutcome.REFUSED or not _may_ask(
        connection, parsed, now, request.ask_at_most
    ):
        return None
    person = connection.execute(
        sa.select(tables.subscribers.c.id, tables.subscribers.c.address).where(
            tables.subscribers.c.address_key == parsed.key
        )
    ).one()
    active = status_of(connection, person.id, request.list_slug) is Status.ACTIVE
    return LetterRequest(
        template=Template.ALREADY if active else Template.CONFIRM,
        subscriber_id=person.id,
        address=person.address,
        list_slug=request.list_slug,
    )


def confirmation_letters(
    connection: sa.Connection, list_slug: str, asked_at: datetime, *, after: int, most: int
) -> tuple[list[LetterRequest], int]:
    """One batch of confirmation letters for the people whom an import left pending.

    `asked_at` is the time of the import, `most` the size of a batch. `after` is the number that
    the previous call returned, 0 at first; 0 is returned after the last batch. People who have
    reached the limit of confirmation mails get no letter.
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
        if _may_ask(connection, parse_address(row.address), asked_at, ASK_AT_MOST)
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
    """Turn a pending subscription active and return the welcome letter to send.

    Returns None, and changes nothing, if the subscription is not pending: an old confirmation
    link does not bring back a reader who has unsubscribed since.
    """
    table = tables.subscriptions
    confirmed = connection.execute(
        sa.update(table)
        .where(
            table.c.subscriber_id == subscriber_id,
            table.c.list_id == numbered(list_slug),
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
    _reset_limit(connection, person.address_key)
    return LetterRequest(
        template=Template.WELCOME,
        subscriber_id=subscriber_id,
        address=person.address,
        list_slug=list_slug,
    )


def drop_unconfirmed(connection: sa.Connection, before: datetime) -> int:
    """Delete requests made before `before` and never confirmed; return their number.

    A reader who had unsubscribed before the request becomes unsubscribed again and keeps their
    record, and so does one who had agreed and whose subscription a merge of lists suspended. A
    person who is on no other list is deleted.
    """
    table, people = tables.subscriptions, tables.subscribers
    stale = connection.execute(
        sa.select(table.c.list_id, table.c.subscriber_id, table.c.changed_at, tables.lists.c.slug)
        .join(tables.lists, tables.lists.c.id == table.c.list_id)
        .where(tables.is_pending, table.c.changed_at < before)
    ).all()
    for row in stale:
        this = sa.and_(table.c.list_id == row.list_id, table.c.subscriber_id == row.subscriber_id)
        if latest(connection, row.subscriber_id, row.slug, [Event.UNSUBSCRIBE]) or (
            latest(connection, row.subscriber_id, row.slug, [Event.MERGE])
            and latest(connection, row.subscriber_id, row.slug, AGREEMENTS)
        ):
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


def _reset_limit(connection: sa.Connection, address_key: str) -> None:
    """Forget how many confirmation mails the address got, because one has been answered."""
    table = tables.confirmations
    connection.execute(
        sa.delete(table).where(table.c.address_hash == hashed(connection, address_key))
    )


def _may_ask(connection: sa.Connection, address: Address, now: datetime, most: int) -> bool:
    """Count one more mail to this address unless the limit is reached; safe against a race."""
    table, digest = tables.confirmations, hashed(connection, address.key)
    if insert_once(connection, table, {"address_hash": digest, "sent": 1, "last_at": now}):
        return True
    counted = connection.execute(
        sa.update(table)
        .where(
            table.c.address_hash == digest,
            table.c.sent < most,
            table.c.last_at <= now - ASK_EVERY,
        )
        .values(sent=table.c.sent + 1, last_at=now)
    )
    return bool(counted.rowcount)
