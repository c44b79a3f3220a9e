"""A reader's own data: move it to another address, export it, erase it.

A person to whom a mail was forwarded has its link to the preferences. So data is shown or erased
only through a link that is mailed to the reader on request and expires after a day.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.pipeline.delivery_list import show_person
from newsletter.pipeline.reader_letters import put_letter
from newsletter.site.site import Site
from newsletter.store import audit, outbox
from newsletter.store.api_answers import forget_answers_about
from newsletter.store.recipient_receipts import SentMail, mails_to
from newsletter.store.tables import issues, receipts
from subscribers import address_changes, people, privacy
from subscribers.addresses import parse_address
from subscribers.bounces import bounces_of
from subscribers.errors import UnknownSubscriberError
from subscribers.inbound.mail_log import mail_about
from subscribers.letters import LetterRequest, Template
from subscribers.tokens import TokenSubject

LINK_LASTS = timedelta(days=1)


def ask_to_move(site: Site, subject: TokenSubject, address: str, *, now: datetime) -> None:
    """Ask the new address by mail to confirm the change.

    The result is the same in every case, so that nobody can find out who is subscribed. Raises
    AddressError.
    """
    with site.database.transaction() as connection:
        letter = address_changes.ask_to_move(
            connection, subject.subscriber_id, address, subject.list_slug, now
        )
        if letter is not None:
            put_letter(site, connection, letter, now)


def move(site: Site, change_id: int, *, now: datetime) -> bool:
    """Carry out a confirmed change of address and tell the old address by mail.

    Returns False if the request no longer exists.
    """
    with site.database.transaction() as connection:
        letter = address_changes.move(connection, change_id, now)
        if letter is not None:
            put_letter(site, connection, letter, now)
    return letter is not None


def mail_link(site: Site, subject: TokenSubject, template: Template, *, now: datetime) -> None:
    """Mail the reader the link that exports (EXPORT) or erases (ERASE) their data."""
    with site.database.transaction() as connection:
        person = people.get(connection, subject.subscriber_id)
        if person is not None:
            letter = LetterRequest(
                template=template,
                subscriber_id=person.id,
                address=person.address,
                list_slug=subject.list_slug,
            )
            put_letter(site, connection, letter, now)


def export(site: Site, subscriber_id: int) -> dict[str, Any] | None:
    """Everything known about the reader, with every mail sent; None if the reader is erased.

    That is what `subscribers show` shows, the mails with their subjects and relays' answers,
    bounces, inbound mail, letters that wait, and a requested change of address.
    """
    with site.database.transaction(read_only=True) as connection:
        person = people.get(connection, subscriber_id)
        if person is None:
            return None
        key = parse_address(person.address).key
        return {
            **show_person(connection, person.address),
            "stored_since": people.stored_since(connection, person.id).isoformat(),
            "mails": [_mail(site, mail) for mail in mails_to(connection, person.id)],
            "letters": outbox.letters_to(connection, key),
            "address_changes": address_changes.requests_of(connection, person.id),
            "bounces": bounces_of(connection, person.id),
            "mail": mail_about(connection, key),
        }


def _mail(site: Site, mail: SentMail) -> dict[str, Any]:
    """The mail as JSON, with the address where it can be read."""
    return {
        "issue": mail.issue,
        "subject": mail.subject,
        "url": f"{site.settings.site.url}/archive/{mail.issue}/{mail.edition}",
        "attempts": list(mail.attempts),
    }


def erase(site: Site, address: str, *, now: datetime) -> bool:
    """Delete everything about a person; returns False if that was done before.

    Relays' answers are deleted too, because they may repeat the address. Raises AddressError, and
    UnknownSubscriberError for an address that was never subscribed.
    """
    with site.database.transaction() as connection:
        key = parse_address(address).key
        try:
            person = people.find(connection, address)
        except UnknownSubscriberError:
            person = None
        erased = privacy.erase(connection, address, now)
        outbox.remove_all_to(connection, key)
        forget_answers_about(connection, key)
        audit.forget_address(connection, key)
        if person is not None:
            # The index of the receipts begins with the issue.
            connection.execute(
                sa.update(receipts)
                .where(
                    receipts.c.issue_id.in_(sa.select(issues.c.id)),
                    receipts.c.subscriber_id == person.id,
                )
                .values(text="")
            )
    return erased


def erase_reader(site: Site, subscriber_id: int, *, now: datetime) -> None:
    """Erase the reader with this id; does nothing if the reader is already erased."""
    with site.database.transaction(read_only=True) as connection:
        person = people.get(connection, subscriber_id)
    if person is not None:
        erase(site, person.address, now=now)
