"""What the buttons about the private feed on the preferences page do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from newsletter.pipeline.reader_letters import put_letter
from newsletter.site.lists import public_lists
from newsletter.store.token_hash import hash_of
from newsletter.web.reader.private_feed import WRITERS
from newsletter.web.reader.reader_context import ReaderContext
from subscribers import people, private_feeds
from subscribers.history import Way
from subscribers.letters import LetterRequest, Template
from subscribers.subscriber import FeedUse
from subscribers.tokens import TokenSubject

MAKE, END = "feed-make", "feed-end"

USES = {"feed-alone": FeedUse.ALONE, "feed-beside": FeedUse.BESIDE}

_NAMES = {"atom": "Atom", "json": "JSON Feed"}

FEED_ACTIONS = frozenset({MAKE, END, *USES})


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedChange:
    """What the page says was done; `addresses` of a new feed by the name of the form, shown this once."""

    notice: str
    addresses: Mapping[str, str] = field(default_factory=dict)


def change_feed(context: ReaderContext, subject: TokenSubject, action: str) -> FeedChange:
    """Make the feed, end it, or choose whether issues come by mail too."""
    reader, list_slug, now = subject.subscriber_id, subject.list_slug, context.clock()
    if action == MAKE:
        return _make(context, subject)
    with context.database.transaction() as connection:
        if action == END:
            private_feeds.end_feed(connection, reader, list_slug, way=Way.PAGE, now=now)
            return FeedChange(notice="feed-ended")
        use = USES[action]
        private_feeds.set_use(connection, reader, list_slug, use, now)
        has_feed = private_feeds.feed_of(connection, reader, list_slug) is not None
    return FeedChange(notice="saved" if has_feed else "feed-ended")


def _make(context: ReaderContext, subject: TokenSubject) -> FeedChange:
    """Make the feed, and show its addresses; those of a list that is not public are mailed.

    A forwarded mail has the link to the page, so its holder would read what is for the readers alone.
    """
    reader, list_slug, now = subject.subscriber_id, subject.list_slug, context.clock()
    token = private_feeds.new_feed_token()
    url = f"{context.settings.site.url}/feed/{token}"
    addresses = {_NAMES[form]: f"{url}.{form}" for form in WRITERS}
    with context.database.transaction() as connection:
        savepoint = connection.begin_nested()
        if not private_feeds.make_feed(connection, reader, list_slug, hash_of(token), now):
            return FeedChange(notice="")
        if list_slug in public_lists(context.settings):
            return FeedChange(notice="feed-made", addresses=addresses)
        person = people.get(connection, reader)
        letter = LetterRequest(
            template=Template.FEED,
            subscriber_id=reader,
            address=person.address if person else "",
            list_slug=list_slug,
            words={"addresses": addresses},
        )
        if put_letter(context.site, connection, letter, now):
            return FeedChange(notice="feed-mailed")
        savepoint.rollback()
    return FeedChange(notice="feed-later")
