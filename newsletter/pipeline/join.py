"""join: ask an address to confirm that it wants the list; mail a reader's links."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from newsletter.errors import UnknownNameError
from newsletter.pipeline.reader_letters import put_letter
from newsletter.site.lists import list_slugs
from newsletter.site.site import Site
from subscribers import consent, people
from subscribers.errors import UnknownSubscriberError
from subscribers.history import Way
from subscribers.letters import LetterRequest, Template
from subscribers.tokens import TokenSubject


def join(
    site: Site, connection: sa.Connection, request: consent.JoinRequest, *, now: datetime
) -> None:
    """Ask the address by mail to confirm the subscription.

    Raises AddressError, UnknownNameError.
    """
    require_list(site, request.list_slug)
    letter = consent.ask_to_join(connection, request, now)
    if letter is not None:
        put_letter(site, connection, letter, now)


def confirm(site: Site, subject: TokenSubject, *, origin: str, now: datetime) -> bool:
    """Confirm the subscription; returns False if the request no longer exists."""
    with site.database.transaction() as connection:
        letter = consent.confirm(
            connection,
            subject.subscriber_id,
            subject.list_slug,
            way=Way.PAGE,
            now=now,
            origin=origin,
        )
        if letter is not None:
            put_letter(site, connection, letter, now)
            return True
        person = people.get(connection, subject.subscriber_id)
        return person is not None and subject.list_slug in people.active_lists(
            connection, person.id
        )


def mail_links(
    site: Site, connection: sa.Connection, list_slug: str, address: str, *, now: datetime
) -> None:
    """Mail a subscriber their personal links; an unknown address gets no mail.

    Raises AddressError, UnknownNameError.
    """
    require_list(site, list_slug)
    try:
        person = people.find(connection, address)
    except UnknownSubscriberError:
        return
    letter = LetterRequest(
        template=Template.LINKS,
        subscriber_id=person.id,
        address=person.address,
        list_slug=list_slug,
        words={"asked": ""},
    )
    put_letter(site, connection, letter, now)


def require_list(site: Site, list_slug: str) -> None:
    """Raise UnknownNameError for a list that no newsletter is sent to."""
    if list_slug not in list_slugs(site.settings):
        raise UnknownNameError(f"there is no list {list_slug!r}")
