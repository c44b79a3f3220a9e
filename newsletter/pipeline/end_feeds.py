"""end_feeds: end a person's private feeds for them, such as when an address got into other hands."""

from __future__ import annotations

from datetime import datetime

from newsletter.site.site import Site
from subscribers import people, private_feeds
from subscribers.history import Way
from subscribers.lists import list_id


def end_feeds(
    site: Site,
    address: str,
    list_slug: str | None,
    *,
    way: Way,
    now: datetime,
    by: str = "",
) -> list[str]:
    """End the feed of one list, or of all; returns the lists whose feed was ended.

    Raises AddressError, UnknownSubscriberError, and UnknownListError for a list that does not exist.
    """
    with site.database.transaction() as connection:
        person = people.find(connection, address)
        if list_slug is not None:
            list_id(connection, list_slug)
        held = [feed.list_slug for feed in private_feeds.feeds_of(connection, person.id)]
        ended = [slug for slug in held if list_slug in (None, slug)]
        for slug in ended:
            private_feeds.end_feed(connection, person.id, slug, way=way, now=now, by=by)
    return ended
