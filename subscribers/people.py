"""Find, add, show, list and remove subscribers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from subscribers import suppression, tables
from subscribers.addresses import parse_address
from subscribers.admission import AdmissionOutcome, Applicant, Terms, admit
from subscribers.audience import format_follows, parse_follows
from subscribers.errors import SuppressedError, UnknownSubscriberError
from subscribers.history import Event, Way, entries_of, who_agreed
from subscribers.lists import list_id
from subscribers.private_feeds import feed_document, feeds_of
from subscribers.subscriber import Frequency, MailFormat, Status, Subscriber, mail_format_named
from subscribers.time_zones import time_zone_named
from subscribers.unsubscribe import unsubscribe


def find(connection: sa.Connection, address: str) -> Subscriber:
    """Return the person with this address; raises AddressError and UnknownSubscriberError."""
    parsed = parse_address(address)
    person = _find_one(connection, tables.subscribers.c.address_key == parsed.key)
    if person is None:
        raise UnknownSubscriberError(f"nobody has the address {parsed.text}", field="address")
    return person


def get(connection: sa.Connection, subscriber_id: int) -> Subscriber | None:
    """Return the person with this number, or None if there is none (they may have been erased)."""
    return _find_one(connection, tables.subscribers.c.id == subscriber_id)


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatorNote:
    """What the operator states when adding a person, for the consent record above all.

    `force` brings back a person who left or is suppressed; it requires a `consent` that says
    when and how the person agreed. `time_zone` is where the person lives, `mail_format` how
    mails look to them; "" leaves what is known.
    """

    detail: str = ""
    force: bool = False
    consent: str = ""
    way: Way = Way.OPERATOR
    time_zone: str = ""
    mail_format: str = ""


def add(
    connection: sa.Connection,
    address: str,
    *,
    list_slug: str,
    now: datetime,
    name: str = "",
    follows: Iterable[str] | None = None,
    note: OperatorNote = OperatorNote(),
) -> AdmissionOutcome:
    """Put one person on a list on behalf of the operator.

    `follows` None leaves the tags as they are. Raises AddressError, TimeZoneError, and SuppressedError for a
    person who left or is suppressed, unless `note` forces it with a stated consent.
    """
    candidate = Applicant(
        address=parse_address(address),
        name=name,
        follows=None if follows is None else format_follows(follows),
        time_zone=time_zone_named(note.time_zone),
        mail_format=mail_format_named(note.mail_format),
    )
    terms = Terms(
        list_slug=list_slug,
        event=Event.ADD,
        way=note.way,
        now=now,
        detail=note.detail,
        force=note.force,
        consent=note.consent,
    )
    (admission,) = admit(connection, [candidate], terms)
    if admission.outcome is AdmissionOutcome.REFUSED:
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
    way: Way = Way.OPERATOR,
) -> list[str]:
    """Unsubscribe a person on behalf of the operator, from one list or from all.

    Returns the lists that changed. Raises UnknownSubscriberError, and UnknownListError for a list
    that does not exist.
    """
    person = find(connection, address)
    if list_slug is not None:
        list_id(connection, list_slug)
    slugs = [list_slug] if list_slug else [slug for slug, _ in _subscriptions(connection, person)]
    return [
        slug for slug in slugs if unsubscribe(connection, person.id, slug, way, now, detail).changed
    ]


def stored_since(connection: sa.Connection, subscriber_id: int) -> datetime:
    """When the person was stored for the first time."""
    created_at = sa.select(tables.subscribers.c.created_at).where(
        tables.subscribers.c.id == subscriber_id
    )
    moment: datetime = connection.execute(created_at).scalar_one()
    return moment


def active_lists(connection: sa.Connection, subscriber_id: int) -> list[str]:
    """The lists to which the person has an active subscription, sorted."""
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
    """Every list to which the person has a subscription of any status, sorted."""
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
    """Whether the person ever confirmed, or the operator added or imported them: see who_agreed."""
    return bool(who_agreed(connection, [subscriber_id]))


def show(connection: sa.Connection, address: str) -> dict[str, Any]:
    """Everything known about one person, as `subscribers show --json` prints it."""
    person = find(connection, address)
    return {
        "address": person.address,
        "name": person.name,
        "tags": sorted(person.follows),
        "frequency": person.frequency,
        "mail_format": person.mail_format,
        "time_zone": person.time_zone,
        "paused_until": person.paused_until.isoformat() if person.paused_until else None,
        "suppressed": suppression.is_suppressed(connection, person.address),
        "attributes": dict(person.attributes),
        "subscriptions": [
            {"list": slug, "status": status} for slug, status in _subscriptions(connection, person)
        ],
        "feeds": [feed_document(feed) for feed in feeds_of(connection, person.id)],
        "history": entries_of(connection, person.id),
    }


def _find_one(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> Subscriber | None:
    row = connection.execute(sa.select(tables.subscribers).where(condition)).one_or_none()
    if row is None:
        return None
    return Subscriber(
        id=row.id,
        address=row.address,
        name=row.name,
        follows=parse_follows(row.follows),
        frequency=Frequency(row.frequency),
        mail_format=MailFormat(row.mail_format),
        time_zone=row.time_zone,
        paused_until=row.paused_until,
        attributes=row.attributes,
        address_since=row.address_since,
        links_since=row.links_since,
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
