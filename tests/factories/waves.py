"""A site whose newsletter goes out at seven of each reader's own day, with readers around the world."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from newsletter.pipeline.gather import gather
from newsletter.site.site import Site
from subscribers import people
from subscribers.history import Way
from subscribers.preferences import set_time_zone
from tests.factories.runs import HOUR, MONDAY, THURSDAY, run_at
from tests.factories.site import make_site, publish

ZONES: Mapping[str, str] = {
    "auckland@example.org": "Pacific/Auckland",
    "berlin@example.org": "Europe/Berlin",
    "home@example.org": "",
    "kathmandu@example.org": "Asia/Kathmandu",
    "kiritimati@example.org": "Pacific/Kiritimati",
    "london@example.org": "Europe/London",
    "midway@example.org": "Pacific/Midway",
}
"""Readers and their time zones; the site's is UTC."""

MORNINGS: Mapping[str, datetime] = {
    "home@example.org": MONDAY,
    "london@example.org": MONDAY,
    "kiritimati@example.org": datetime(2026, 3, 9, 17, tzinfo=UTC),
    "auckland@example.org": datetime(2026, 3, 9, 18, tzinfo=UTC),
    "midway@example.org": datetime(2026, 3, 9, 18, tzinfo=UTC),
    "kathmandu@example.org": datetime(2026, 3, 10, 1, 15, tzinfo=UTC),
    "berlin@example.org": datetime(2026, 3, 10, 6, tzinfo=UTC),
}
"""When each of them gets the issue that is due on MONDAY at seven."""


def move_to(site: Site, address: str, zone: str) -> None:
    """The reader chooses another time zone on the page of preferences."""
    with site.database.transaction() as connection:
        number = people.find(connection, address).id
        set_time_zone(connection, number, zone, Way.PAGE, THURSDAY)


async def site_of_mornings(folder: Path, port: int, **settings: Any) -> Site:
    """A site of these readers, which has articles for the issue of MONDAY."""
    keys = 'deliver = "reader 07:00"\n' + settings.pop("keys", "")
    site = make_site(folder, now=THURSDAY, port=port, readers=tuple(ZONES), keys=keys, **settings)
    for address, zone in ZONES.items():
        move_to(site, address, zone)
    await run_at(site, THURSDAY)
    publish(folder, *(MONDAY - HOUR * ago for ago in (1, 2, 3)))
    await asyncio.to_thread(gather, site, "weekly", now=MONDAY - timedelta(minutes=1))
    return site
