"""Acting on what comes back: bounces that their signed address proves, and complaints."""

from __future__ import annotations

import re
from datetime import datetime

import sqlalchemy as sa

from subscribers import people
from subscribers.addresses import parse_address
from subscribers.bounces import note_bounce
from subscribers.errors import AddressError, TokenError, UnknownSubscriberError
from subscribers.history import Event, Way, latest
from subscribers.inbound.bounces import Failure
from subscribers.inbound.classify import Inbound
from subscribers.inbound.complaints import Complaint
from subscribers.inbound.mailboxes import Role, parse_mailbox
from subscribers.inbound.office import Action, Done, Office
from subscribers.inbound.verdict import Verdict
from subscribers.letters import Letter, Template
from subscribers.subscriber import Subscriber
from subscribers.tokens import Purpose
from subscribers.unsubscribe import unsubscribe

_TOKEN = re.compile(r"/u/([A-Za-z0-9_.-]{20,400})")


def take_bounce(connection: sa.Connection, office: Office, mail: Inbound, now: datetime) -> Done:
    """Count a bounce whose address bears our signature; a forged one changes nothing."""
    is_to_bounces = mail.mailbox.role is Role.BOUNCES  # not the address that answers come to
    envelope = office.return_paths.read(mail.mailbox) if is_to_bounces else None
    person = people.get(connection, envelope.subscriber_id) if envelope else None
    if envelope is None or person is None:
        return Done(action=Action.NONE)
    failure = _failure_of(mail, person)
    if failure is None:
        return Done(action=Action.QUARANTINE, address=person.address, keep=True)
    if _is_of_the_past(connection, person, failure):
        return Done(action=Action.NONE, address=person.address)
    list_slug = mail.mailbox.list_slug
    ended = note_bounce(
        connection,
        subscriber_id=person.id,
        list_slug=list_slug,
        number=envelope.number,
        verdict=failure.verdict,
        sent=office.issues_sent(connection, person.id, list_slug),
        now=now,
        status=failure.status,
        reason=failure.reason,
    )
    if failure.verdict is Verdict.POLICY:
        return Done(
            action=Action.STOP,
            address=person.address,
            policy=(list_slug, envelope.number),
            reason=f"{failure.status} {failure.reason}".strip(),
        )
    action = Action.UNSUBSCRIBE if ended else Action.COUNT
    return Done(action=action, address=person.address)


def _failure_of(mail: Inbound, person: Subscriber) -> Failure | None:
    """The failure that names the reader; else the only one there is: forwarding renames people."""
    for failure in mail.failures:
        named = {address.casefold() for address in (failure.address, *failure.also)}
        if person.address.casefold() in named:
            return failure
    return mail.failures[0] if len(mail.failures) == 1 else None


def _is_of_the_past(connection: sa.Connection, person: Subscriber, failure: Failure) -> bool:
    """Whether it speaks of the address that the reader has moved away from."""
    moved = latest(connection, person.id, "", [Event.MOVE])
    if moved is None:
        return False
    before = moved.detail.removeprefix("from ").casefold()
    return before in {address.casefold() for address in (failure.address, *failure.also)}


def take_complaint(connection: sa.Connection, office: Office, mail: Inbound, now: datetime) -> Done:
    """End the subscription that the report is about.

    Our signature in the returned mail proves it. A report that only names an address could be
    anybody's: it is acted on, and the reader is told and can take it back.
    """
    complaint = mail.complaint
    assert complaint is not None  # noqa: S101 - narrows: the kind says so
    if not complaint.ends_the_subscription:
        return Done(action=Action.NONE)
    if found := _proven(connection, office, complaint):
        person, list_slug = found
        unsubscribe(connection, person.id, list_slug, Way.COMPLAINT, now, complaint.feedback_type)
        return Done(action=Action.UNSUBSCRIBE, address=person.address)
    for address in complaint.addresses:
        try:
            person = people.find(connection, address)
        except (AddressError, UnknownSubscriberError):
            continue
        return _named(connection, person, mail, complaint, now)
    return Done(action=Action.NONE, keep=True)


def _named(
    connection: sa.Connection,
    person: Subscriber,
    mail: Inbound,
    complaint: Complaint,
    now: datetime,
) -> Done:
    lists = people.active_lists(connection, person.id)
    list_slug = mail.mailbox.list_slug if mail.mailbox.list_slug in lists else ""
    left = [
        slug
        for slug in ([list_slug] if list_slug else lists)
        if unsubscribe(
            connection,
            person.id,
            slug,
            Way.COMPLAINT,
            now,
            f"{complaint.feedback_type}, by its address",
            proven=False,
        ).changed
    ]
    letters = tuple(
        Letter(
            template=Template.GOODBYE,
            subscriber_id=person.id,
            address=person.address,
            list_slug=slug,
        )
        for slug in left
    )
    return Done(action=Action.UNSUBSCRIBE, address=person.address, letters=letters)


def _proven(
    connection: sa.Connection, office: Office, complaint: Complaint
) -> tuple[Subscriber, str] | None:
    for found in (_TOKEN.search(link) for link in complaint.links):
        try:
            subject = office.tokens.read(Purpose.UNSUBSCRIBE, found[1]) if found else None
        except TokenError:
            continue
        if subject and (person := people.get(connection, subject.subscriber_id)):
            return person, subject.list_slug
    for address in complaint.return_paths:
        mailbox = parse_mailbox(address, office.list_slugs, office.domain)
        is_to_bounces = mailbox is not None and mailbox.role is Role.BOUNCES
        envelope = office.return_paths.read(mailbox) if mailbox and is_to_bounces else None
        if mailbox and envelope and (person := people.get(connection, envelope.subscriber_id)):
            return person, mailbox.list_slug
    for address in complaint.addresses:  # a redacted link, but our own secret Message-ID
        try:
            person = people.find(connection, address)
        except (AddressError, UnknownSubscriberError):
            continue
        for list_slug in people.active_lists(connection, person.id):
            if office.is_ours(connection, person.id, list_slug, [complaint.message_id]):
                return person, list_slug
    return None


def key_of(address: str) -> str:
    """The person's identity in an address that mail named; "" where it is none."""
    try:
        return parse_address(address).key
    except AddressError:
        return ""
