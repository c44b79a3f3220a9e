"""What the buttons about the private feed on the preferences page do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from newsletter.store.token_hash import hash_of
from newsletter.web.reader.private_feed import WRITERS
from newsletter.web.reader.reader_context import ReaderContext
from subscribers import private_feeds
from subscribers.history import Way
from subscribers.subscriber import FeedUse
from subscribers.tokens import TokenSubject

MAKE, END = "feed-make", "feed-end"

USES = {"feed-alone": FeedUse.ALONE, "feed-beside": FeedUse.BESIDE}

FEED_ACTIONS = frozenset({MAKE, END, *USES})


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedChange:
    """What the page says was done; `addresses` of a new feed by form, shown this once."""

    notice: str
    addresses: Mapping[str, str] = field(default_factory=dict)


def change_feed(context: ReaderContext, subject: TokenSubject, action: str) -> FeedChange:
    """Make the feed, end it, or choose whether issues come by mail too."""
    reader, list_slug, now = subject.subscriber_id, subject.list_slug, context.clock()
    with context.database.transaction() as connection:
        if action == MAKE:
            token = private_feeds.new_feed_token()
            is_made = private_feeds.make_feed(connection, reader, list_slug, hash_of(token), now)
            return _made(context, token) if is_made else FeedChange(notice="")
        if action == END:
            private_feeds.end_feed(connection, reader, list_slug, way=Way.PAGE, now=now)
            return FeedChange(notice="feed-ended")
        use = USES[action]
        private_feeds.set_use(connection, reader, list_slug, use, now)
        has_feed = private_feeds.feed_of(connection, reader, list_slug) is not None
    return FeedChange(notice="saved" if has_feed else "feed-ended")


def _made(context: ReaderContext, token: str) -> FeedChange:
    url = f"{context.settings.site.url}/feed/{token}"
    return FeedChange(notice="feed-made", addresses={form: f"{url}.{form}" for form in WRITERS})
