"""Finds the reader and issue that a report is about, from data that we signed ourselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from subscribers import people
from subscribers.errors import AddressError, TokenError, UnknownSubscriberError
from subscribers.inbound.context import InboundContext
from subscribers.inbound.list_addresses import AddressRole, ListAddress, parse_list_address
from subscribers.inbound.returned_mail import ReturnedMail
from subscribers.subscriber import Subscriber
from subscribers.tokens import Purpose


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """The reader, the list, and the number of the issue (0: a letter) that a report is about."""

    person: Subscriber
    list_slug: str
    number: int


def by_address(
    connection: sa.Connection, context: InboundContext, mailbox: ListAddress
) -> Evidence | None:
    """Find the mail by the signature in one of our addresses; None if there is no valid one."""
    return_path = context.return_paths.read(mailbox)
    person = people.get(connection, return_path.subscriber_id) if return_path else None
    if return_path is None or person is None:
        return None
    # In an address that takes confirmations, the second number is a day, not an issue.
    number = return_path.number if mailbox.role is AddressRole.BOUNCES else 0
    return Evidence(person=person, list_slug=mailbox.list_slug, number=number)


def by_returned_mail(
    connection: sa.Connection, context: InboundContext, returned: ReturnedMail, named: Iterable[str]
) -> Evidence | None:
    """Find the mail by a signed address, a signed link or our secret Message-ID in the report.

    A relay may replace our envelope sender by its own account. Then the report comes to the
    From address, and only these prove whom it is about. `named` are the addresses that the
    report names; a Message-ID can be checked against one of them.
    """
    for address in returned.signed:
        mailbox = parse_list_address(
            address, context.list_slugs, context.domain, context.former_names
        )
        if mailbox and (found := by_address(connection, context, mailbox)):
            return found
    for token in returned.tokens:
        if found := _by_token(connection, context, token, returned.message_ids):
            return found
    for address in dict.fromkeys([*named, *returned.recipients]):
        try:
            person = people.find(connection, address)
        except (AddressError, UnknownSubscriberError):
            continue
        for list_slug in people.lists_of(connection, person.id):
            number = context.issue_of(connection, person.id, list_slug, returned.message_ids)
            if number is not None:
                return Evidence(person=person, list_slug=list_slug, number=number)
    return None


def _by_token(
    connection: sa.Connection, context: InboundContext, token: str, message_ids: tuple[str, ...]
) -> Evidence | None:
    for purpose in (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES):
        try:
            subject = context.tokens.read(purpose, token)
        except TokenError:
            continue
        person = people.get(connection, subject.subscriber_id)
        if person is None:
            return None
        number = context.issue_of(connection, person.id, subject.list_slug, message_ids)
        if number is None:  # the relay replaced the Message-ID
            sent = context.issues_sent(connection, person.id, subject.list_slug)
            number = sent[0] if sent else 0
        return Evidence(person=person, list_slug=subject.list_slug, number=number)
    return None
