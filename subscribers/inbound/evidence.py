"""Whose mail a report is about, as far as what we signed ourselves proves it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from subscribers import people
from subscribers.errors import AddressError, TokenError, UnknownSubscriberError
from subscribers.inbound.mailboxes import Mailbox, Role, parse_mailbox
from subscribers.inbound.office import Office
from subscribers.inbound.returned_mail import ReturnedMail
from subscribers.subscriber import Subscriber
from subscribers.tokens import Purpose


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """The reader, the list, and the number of the issue (0: a letter) that a report is about."""

    person: Subscriber
    list_slug: str
    number: int


def by_address(connection: sa.Connection, office: Office, mailbox: Mailbox) -> Evidence | None:
    """Whose mail it was, by the signature in an address of ours; None where there is none."""
    envelope = office.return_paths.read(mailbox)
    person = people.get(connection, envelope.subscriber_id) if envelope else None
    if envelope is None or person is None:
        return None
    # What follows the reader in an address that answers come to is a day, not an issue.
    number = envelope.number if mailbox.role is Role.BOUNCES else 0
    return Evidence(person=person, list_slug=mailbox.list_slug, number=number)


def by_returned_mail(
    connection: sa.Connection, office: Office, returned: ReturnedMail, named: Iterable[str]
) -> Evidence | None:
    """Whose mail came back, by a signed address, a signed link or our secret Message-ID in it.

    A relay may put its own account in place of our envelope sender; then the report comes to
    the sender's address, and these prove whom it is about. `named` are the addresses that the
    report names: with one of them a Message-ID can be checked.
    """
    for address in returned.signed:
        mailbox = parse_mailbox(address, office.list_slugs, office.domain)
        if mailbox and (found := by_address(connection, office, mailbox)):
            return found
    for token in returned.tokens:
        if found := _by_token(connection, office, token, returned.message_ids):
            return found
    for address in dict.fromkeys([*named, *returned.recipients]):
        try:
            person = people.find(connection, address)
        except (AddressError, UnknownSubscriberError):
            continue
        for list_slug in people.lists_of(connection, person.id):
            number = office.issue_of(connection, person.id, list_slug, returned.message_ids)
            if number is not None:
                return Evidence(person=person, list_slug=list_slug, number=number)
    return None


def _by_token(
    connection: sa.Connection, office: Office, token: str, message_ids: tuple[str, ...]
) -> Evidence | None:
    for purpose in (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES):
        try:
            subject = office.tokens.read(purpose, token)
        except TokenError:
            continue
        person = people.get(connection, subject.subscriber_id)
        if person is None:
            return None
        number = office.issue_of(connection, person.id, subject.list_slug, message_ids)
        if number is None:  # the relay wrote a Message-ID of its own
            sent = office.issues_sent(connection, person.id, subject.list_slug)
            number = sent[0] if sent else 0
        return Evidence(person=person, list_slug=subject.list_slug, number=number)
    return None
