"""join: ask an address to confirm that it wants the list, within limits."""

from __future__ import annotations

from collections.abc import Callable
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
    site: Site,
    request: consent.JoinRequest,
    *,
    now: datetime,
    may_join: Callable[[sa.Connection], bool] = lambda _connection: True,
) -> None:
    """Ask the address by mail to confirm the subscription, if `may_join` allows it.

    That is asked in the same transaction, so that what it notes is kept only with the request.

    The result is the same for known and unknown addresses, so that nobody can find out who reads
    the list. Raises AddressError, UnknownNameError.
    """
    require_list(site, request.list_slug)
    with site.database.transaction() as connection:
        if not may_join(connection):
            return
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


def mail_links(site: Site, list_slug: str, address: str, *, now: datetime) -> None:
    """Mail a subscriber their personal links; an unknown address gets no mail.

    Raises AddressError, UnknownNameError.
    """
    require_list(site, list_slug)
    with site.database.transaction() as connection:
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
