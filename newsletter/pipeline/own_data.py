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
from newsletter.pipeline.suggest import address_readers
from newsletter.site.site import Site
from newsletter.store import audit, outbox
from newsletter.store.api_answers import forget_answers_about
from newsletter.store.form_requests import requests_about, take_request
from newsletter.store.people_imports import forget_rows_about
from newsletter.store.recipient_receipts import SentMail, mails_to
from newsletter.store.suggesting_readers import forget_reader, suggestions_of
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


def confirm_move(site: Site, change_id: int, *, now: datetime) -> bool:
    """Note that the new address agrees to a change, and ask the old address by mail.

    Returns False if the request no longer exists.
    """
    with site.database.transaction() as connection:
        change = address_changes.open_change(connection, change_id, now)
        if change is None:
            return False
        if change.kind is address_changes.Kind.WAY_BACK:  # from a letter of an earlier version
            return address_changes.undo(connection, change, now)
        letter = address_changes.confirm(connection, change, now)
        if letter is not None:
            put_letter(site, connection, letter, now)
    return True


def answer_move(site: Site, change_id: int, *, agreed: bool, now: datetime) -> bool:
    """Make or drop a change as the old address says; False if the change no longer exists."""
    with site.database.transaction() as connection:
        change = address_changes.open_change(connection, change_id, now)
        if change is None or change.kind is not address_changes.Kind.CHANGE:
            return False
        if not agreed:
            address_changes.refuse(connection, change, now)
            return True
        return _make(site, connection, change, now)


def undo_move(site: Site, change_id: int, *, now: datetime) -> bool:
    """Give the reader the old address back; False if the way back no longer exists."""
    with site.database.transaction() as connection:
        change = address_changes.open_change(connection, change_id, now)
        if change is None or change.kind is not address_changes.Kind.WAY_BACK:
            return False
        return address_changes.undo(connection, change, now)


def make_due_moves(site: Site, *, now: datetime) -> int:
    """Make the changes to which the old address did not answer; return their number."""
    with site.database.transaction() as connection:
        due = address_changes.due_changes(connection, now)
        return sum(_make(site, connection, change, now) for change in due)


def _make(
    site: Site, connection: sa.Connection, change: address_changes.Change, now: datetime
) -> bool:
    letter = address_changes.make(connection, change, now)
    if letter is not None:
        put_letter(site, connection, letter, now)
    return letter is not None


def mail_link(site: Site, subject: TokenSubject, template: Template, *, now: datetime) -> bool:
    """Mail the reader the link that exports (EXPORT) or erases (ERASE) their data.

    Returns False if the address has been the reader's for too short a time.
    """
    with site.database.transaction() as connection:
        person = people.get(connection, subject.subscriber_id)
        if person is None:
            return True
        if not address_changes.is_settled(person, now):
            return False
        letter = LetterRequest(
            template=template,
            subscriber_id=person.id,
            address=person.address,
            list_slug=subject.list_slug,
        )
        put_letter(site, connection, letter, now)
    return True


def export(site: Site, subscriber_id: int) -> dict[str, Any] | None:
    """Everything known about the reader, with every mail sent; None if the reader is erased.

    That is what `subscribers show` shows, the mails with their subjects and relays' answers,
    bounces, inbound mail, letters and form requests that wait, a requested change of address, and
    articles that the reader suggested.
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
            "form_requests": [
                {"kind": one.kind, **one.content} for one in requests_about(connection, key)
            ],
            "address_changes": address_changes.requests_of(connection, person.id),
            "bounces": bounces_of(connection, person.id),
            "mail": mail_about(connection, key),
            "suggestions": suggestions_of(connection, person.id, address_readers(site, key)),
        }


def _mail(site: Site, mail: SentMail) -> dict[str, Any]:
    """The mail as JSON, with the address where it can be read."""
    newsletter, _, number = mail.issue.rpartition("/")
    return {
        "issue": mail.issue,
        "subject": mail.subject,
        "url": site.edition_addresses.address(newsletter, int(number), mail.edition),
        "attempts": list(mail.attempts),
    }


def erase(site: Site, address: str, *, now: datetime) -> bool:
    """Delete everything about a person; returns False if that was done before.

    Relays' answers are deleted too, because they may repeat the address, and so is what was asked
    for by a form and not done yet, and what the person suggested. Raises AddressError, and UnknownSubscriberError for an address
    that was never subscribed and for which nothing was asked.
    """
    with site.database.transaction() as connection:
        key = parse_address(address).key
        asked = [take_request(connection, one) for one in requests_about(connection, key)]
        try:
            person = people.find(connection, address)
        except UnknownSubscriberError:
            person = None
        asked.append(
            forget_reader(connection, person.id if person else None, address_readers(site, key))
        )
        try:
            erased = privacy.erase(connection, address, now)
        except UnknownSubscriberError:
            if not any(asked):
                raise
            return True
        outbox.remove_all_to(connection, key)
        forget_answers_about(connection, key)
        audit.forget_address(connection, key, now=now)
        forget_rows_about(connection, key)
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
