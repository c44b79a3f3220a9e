"""The growth of a list, in days of the site's time zone."""

from __future__ import annotations

from datetime import datetime, timedelta

from newsletter.site.lists import list_slugs
from newsletter.site.site import Site
from subscribers import lists
from subscribers.growth import DayOfGrowth, growth_of


def growth_days(
    site: Site, *, list_slug: str | None, days: timedelta, now: datetime
) -> list[DayOfGrowth]:
    """What happened on each of the last days, today included; without a list, on all lists.

    Raises UnknownListError.
    """
    zone = site.settings.site.zone
    today = now.astimezone(zone).date()
    with site.database.transaction(read_only=True) as connection:
        if list_slug is not None:
            lists.require(connection, list_slug, list_slugs(site.settings))
        return growth_of(
            connection,
            since=today - days + timedelta(days=1),
            until=today,
            zone=zone,
            list_slug=list_slug,
        )
