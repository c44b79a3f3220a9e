"""leave: unsubscribe a reader, and mail a goodbye unless the mail program did it by itself."""

from __future__ import annotations

from datetime import datetime

from newsletter.pipeline.reader_letters import put_letter
from newsletter.site.site import Site
from subscribers import people
from subscribers.history import Way
from subscribers.letters import LetterRequest, Template
from subscribers.tokens import TokenSubject
from subscribers.unsubscribe import unsubscribe

# Not one-click: the mail program did it for a reader who wants no more mail.
_WAYS_WITH_GOODBYE = frozenset({Way.PAGE, Way.MAIL, Way.REPLY})


def leave(site: Site, subject: TokenSubject, way: Way, now: datetime) -> None:
    """End the subscription; ending it again changes nothing."""
    with site.database.transaction() as connection:
        left = unsubscribe(connection, subject.subscriber_id, subject.list_slug, way, now)
        person = people.get(connection, subject.subscriber_id)
        if left.changed and person is not None and way in _WAYS_WITH_GOODBYE:
            letter = LetterRequest(
                template=Template.GOODBYE,
                subscriber_id=person.id,
                address=person.address,
                list_slug=subject.list_slug,
            )
            put_letter(site, connection, letter, now)
