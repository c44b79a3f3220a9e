"""A change of address, which both addresses agree to, and the way back from it.

A person to whom a mail was forwarded has its link to the preferences, and can ask for a change to
an address of their own. So the new address confirms the change first, and then the old one agrees,
or stays silent for `SILENCE`. Once the change is made, the old address can undo it for `WAY_BACK`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa

from subscribers import people, suppression, tables
from subscribers.addresses import Address, parse_address
from subscribers.admission import Applicant, Terms, admit
from subscribers.history import Event, HistoryEntry, Way, record
from subscribers.letters import LetterRequest, Template
from subscribers.private_feeds import forget_feeds
from subscribers.subscriber import Status, Subscriber
from subscribers.unsubscribe import unsubscribe

CONFIRM_WITHIN = timedelta(days=7)
SILENCE = timedelta(days=7)
"""How long the old address has to refuse a change that the new address confirmed."""
WAY_BACK = timedelta(days=30)
ASK_EVERY = timedelta(hours=24)
ASK_AT_MOST = 3
"""Requests that one reader may make in a day."""
OWN_SINCE = timedelta(days=7)
"""How long an address must have been the reader's before their data is mailed to it or erased."""

_MAY_RETURN = frozenset({Status.UNSUBSCRIBED, Status.BOUNCED, Status.PENDING})


class Kind(StrEnum):
    """What a stored address is for."""

    CHANGE = "change"  # a change that was requested
    WAY_BACK = "way-back"  # the old address, after a change was made


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A change that can still be made, or undone. `confirmed_at`: by the new address."""

    id: int
    subscriber_id: int
    list_slug: str
    address: str
    kind: Kind
    asked_at: datetime
    confirmed_at: datetime | None

    @property
    def made_at(self) -> datetime | None:
        """When a confirmed change is made if the old address does not answer."""
        return self.confirmed_at + SILENCE if self.confirmed_at is not None else None

    def is_open(self, now: datetime) -> bool:
        """Whether its links still work at `now`."""
        if self.kind is Kind.WAY_BACK:
            return now < self.asked_at + WAY_BACK
        return self.confirmed_at is not None or now < self.asked_at + CONFIRM_WITHIN


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
    change = _remember(connection, Kind.CHANGE, subscriber_id, list_slug, new.text, now)
    return _letter(Template.MOVE, subscriber_id, new.text, list_slug, change)


def requests_of(connection: sa.Connection, subscriber_id: int) -> list[dict[str, str]]:
    """What is stored of the reader's changes: asked_at (ISO), address."""
    table = tables.address_changes
    rows = connection.execute(
        sa.select(table.c.asked_at, table.c.address)
        .where(table.c.subscriber_id == subscriber_id)
        .order_by(table.c.id)
    )
    return [{"asked_at": row.asked_at.isoformat(), "address": row.address} for row in rows]


def open_change(connection: sa.Connection, change_id: int, now: datetime) -> Change | None:
    """The change with this number if its links still work, else None."""
    table = tables.address_changes
    row = connection.execute(sa.select(table).where(table.c.id == change_id)).one_or_none()
    if row is None:
        return None
    change = Change(
        id=row.id,
        subscriber_id=row.subscriber_id,
        list_slug=row.list_slug,
        address=row.address,
        kind=Kind(row.kind),
        asked_at=row.asked_at,
        confirmed_at=row.confirmed_at,
    )
    return change if change.is_open(now) else None


def confirm(connection: sa.Connection, change: Change, now: datetime) -> LetterRequest | None:
    """Note that the new address agrees and return the question to the old address.

    Returns None if it had agreed before.
    """
    table = tables.address_changes
    confirmed = connection.execute(
        sa.update(table)
        .where(table.c.id == change.id, table.c.confirmed_at.is_(None))
        .values(confirmed_at=now)
    )
    person = people.get(connection, change.subscriber_id)
    if not confirmed.rowcount or person is None:
        return None
    return _letter(
        Template.MOVE_ANSWER,
        person.id,
        person.address,
        change.list_slug,
        change.id,
        made_at=now + SILENCE,
    )


def make(connection: sa.Connection, change: Change, now: datetime) -> LetterRequest | None:
    """Make the change and return the letter to the old address, which can undo it.

    If another reader already has the new address, that reader takes the subscriptions over.
    Returns None if the reader is erased or the new address is suppressed.
    """
    person, new = people.get(connection, change.subscriber_id), parse_address(change.address)
    _forget(connection, change.subscriber_id)
    if person is None or suppression.suppressed(connection, [new]):
        return None
    if _owner_of(connection, new) not in (None, person.id):
        _hand_over(connection, person, new, now)
        return _letter(Template.MOVED, person.id, person.address, change.list_slug)
    _set_address(connection, person, new, now)
    back = _remember(connection, Kind.WAY_BACK, person.id, change.list_slug, person.address, now)
    return _letter(Template.MOVED, person.id, person.address, change.list_slug, back)


def refuse(connection: sa.Connection, change: Change, now: datetime) -> None:
    """Drop the change. The links in the reader's mails stop working: another person has one."""
    _forget(connection, change.subscriber_id)
    _end_links(connection, change.subscriber_id, now)
    entry = HistoryEntry(
        subscriber_id=change.subscriber_id,
        at=now,
        event=Event.MOVE,
        way=Way.PAGE,
        detail="refused by this address",
    )
    record(connection, [entry])


def undo(connection: sa.Connection, change: Change, now: datetime) -> bool:
    """Give the reader the old address back.

    Returns False if the reader is erased, or the old address is suppressed or another reader's.
    """
    person, old = people.get(connection, change.subscriber_id), parse_address(change.address)
    if (
        person is None
        or suppression.suppressed(connection, [old])
        or _owner_of(connection, old) not in (None, person.id)
    ):
        return False
    _forget(connection, person.id)
    _set_address(connection, person, old, now)
    return True


def due_changes(connection: sa.Connection, now: datetime) -> list[Change]:
    """The confirmed changes to which the old address did not answer in time."""
    table = tables.address_changes
    due = connection.scalars(
        sa.select(table.c.id)
        .where(table.c.kind == Kind.CHANGE.value, table.c.confirmed_at <= now - SILENCE)
        .order_by(table.c.confirmed_at)
    ).all()
    found = (open_change(connection, number, now) for number in due)
    return [change for change in found if change is not None]


def is_settled(person: Subscriber, now: datetime) -> bool:
    """Whether the address has been the reader's for long enough to show or erase data by it."""
    return person.address_since is None or now >= person.address_since + OWN_SINCE


def forget_requests(connection: sa.Connection, now: datetime) -> int:
    """Delete the rows whose links no longer work; return their number."""
    table = tables.address_changes
    unconfirmed = (table.c.kind == Kind.CHANGE.value) & table.c.confirmed_at.is_(None)
    stale = sa.or_(
        unconfirmed & (table.c.asked_at <= now - CONFIRM_WITHIN),
        (table.c.kind == Kind.WAY_BACK.value) & (table.c.asked_at <= now - WAY_BACK),
    )
    return connection.execute(sa.delete(table).where(stale)).rowcount


def _letter(
    template: Template,
    subscriber_id: int,
    address: str,
    list_slug: str,
    change: int | None = None,
    **words: object,
) -> LetterRequest:
    if change is not None:
        words["change"] = change
    return LetterRequest(
        template=template,
        subscriber_id=subscriber_id,
        address=address,
        list_slug=list_slug,
        words=words,
    )


def _owner_of(connection: sa.Connection, address: Address) -> int | None:
    table = tables.subscribers
    return connection.scalar(sa.select(table.c.id).where(table.c.address_key == address.key))


def _set_address(
    connection: sa.Connection, person: Subscriber, new: Address, now: datetime
) -> None:
    table = tables.subscribers
    connection.execute(
        sa.update(table)
        .where(table.c.id == person.id)
        .values(address=new.text, address_key=new.key, address_since=now)
    )
    _end_links(connection, person.id, now)
    entry = HistoryEntry(
        subscriber_id=person.id,
        at=now,
        event=Event.MOVE,
        way=Way.PAGE,
        detail=f"from {person.address}",
    )
    record(connection, [entry])


def _end_links(connection: sa.Connection, subscriber_id: int, now: datetime) -> None:
    """End all personal links made until now, except those that unsubscribe, and private feeds.

    Whoever had such a link may have made one.
    """
    table = tables.subscribers
    # Tokens know whole seconds only.
    moment = now.replace(microsecond=0)
    connection.execute(
        sa.update(table).where(table.c.id == subscriber_id).values(links_since=moment)
    )
    forget_feeds(connection, subscriber_id)


def _forget(connection: sa.Connection, subscriber_id: int) -> None:
    table = tables.address_changes
    connection.execute(sa.delete(table).where(table.c.subscriber_id == subscriber_id))


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
    recent = (table.c.kind == Kind.CHANGE.value) & (table.c.asked_at > now - ASK_EVERY)
    by_reader, to_address = connection.execute(
        sa.select(
            sa.func.count().filter(table.c.subscriber_id == subscriber_id),
            sa.func.count().filter(sa.func.lower(table.c.address) == new.text.lower()),
        ).where(recent)
    ).one()
    return bool(by_reader < ASK_AT_MOST and to_address == 0)


def _remember(
    connection: sa.Connection,
    kind: Kind,
    subscriber_id: int,
    list_slug: str,
    address: str,
    now: datetime,
) -> int:
    table = tables.address_changes
    values = {
        "subscriber_id": subscriber_id,
        "list_slug": list_slug,
        "address": address,
        "kind": kind.value,
        "asked_at": now,
    }
    return int(
        connection.execute(sa.insert(table).values(values).returning(table.c.id)).scalar_one()
    )
