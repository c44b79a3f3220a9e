"""A reader's own data: moved to another address, shown, erased.

Whoever holds a forwarded mail holds the link to the preferences. So what shows or destroys data
is done by a link that is mailed to the reader when it is asked for, and lasts a day.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from newsletter.pipeline.post import put_letter
from newsletter.pipeline.recipients import show_person
from newsletter.pipeline.site import Site
from newsletter.store import outbox
from newsletter.store.tables import issues, receipts
from subscribers import moving, people, privacy
from subscribers.addresses import parse_address
from subscribers.bounces import bounces_of
from subscribers.errors import UnknownSubscriberError
from subscribers.inbound.book import mail_about
from subscribers.letters import Letter, Template
from subscribers.tokens import TokenSubject

LINK_LASTS = timedelta(days=1)


def ask_to_move(site: Site, subject: TokenSubject, address: str, *, now: datetime) -> None:
    """Ask the new address; what to show is the same in each case. Raises AddressError."""
    with site.database.transaction() as connection:
        letter = moving.ask_to_move(
            connection, subject.subscriber_id, address, subject.list_slug, now
        )
        if letter is not None:
            put_letter(site, connection, letter, now)


def move(site: Site, change_id: int, *, now: datetime) -> bool:
    """The new address said yes; the old one is told. False where the wish is gone."""
    with site.database.transaction() as connection:
        letter = moving.move(connection, change_id, now)
        if letter is not None:
            put_letter(site, connection, letter, now)
    return letter is not None


def mail_link(site: Site, subject: TokenSubject, template: Template, *, now: datetime) -> None:
    """Mail the reader the link that shows (EXPORT) or erases (ERASE) what is known of them."""
    with site.database.transaction() as connection:
        person = people.get(connection, subject.subscriber_id)
        if person is not None:
            letter = Letter(
                template=template,
                subscriber_id=person.id,
                address=person.address,
                list_slug=subject.list_slug,
            )
            put_letter(site, connection, letter, now)


def export(site: Site, subscriber_id: int) -> dict[str, Any] | None:
    """Everything known of the reader, as `subscribers show` has it, and what came back or was
    written in the reader's name; None when erased.
    """
    with site.database.transaction(read_only=True) as connection:
        person = people.get(connection, subscriber_id)
        if person is None:
            return None
        return {
            **show_person(connection, person.address),
            "bounces": bounces_of(connection, person.id),
            "mail": mail_about(connection, parse_address(person.address).key),
        }


def erase(site: Site, address: str, *, now: datetime) -> bool:
    """Delete everything about a person; False when that was done before.

    What relays answered may repeat the address: those words go too. Raises AddressError, and
    UnknownSubscriberError for somebody who was never here.
    """
    with site.database.transaction() as connection:
        key = parse_address(address).key
        try:
            person = people.find(connection, address)
        except UnknownSubscriberError:
            person = None
        erased = privacy.erase(connection, address, now)
        outbox.remove_all_to(connection, key)
        if person is not None:
            # By issue, as the receipts' index has them.
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
    """The same, by number; nothing where the reader is gone already."""
    with site.database.transaction(read_only=True) as connection:
        person = people.get(connection, subscriber_id)
    if person is not None:
        erase(site, person.address, now=now)
