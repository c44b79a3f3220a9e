"""A copy of the site whose database is temporary and whose only relay is a sink on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from newsletter.articles.tags import slug_of
from newsletter.config.settings import RelaySettings, Settings
from newsletter.site.site import Site
from newsletter.store.database import open_database
from newsletter.store.migrations import upgrade
from subscribers.csv_file import import_subscribers
from subscribers.importing.options import ImportOptions


def site_on_sink(
    site: Site, folder: Path, port: int, *, connections: int, otherwise: Mapping[str, Any]
) -> Site:
    """The site with an empty SQLite database in the absolute `folder`, and the sink at `port`.

    Every newsletter is set `otherwise`. The caller closes the database.
    """
    relay = RelaySettings(name="sink", host="127.0.0.1", port=port, connections=connections)
    site_settings = site.settings.site.model_copy(
        update={"database": f"sqlite:///{folder}/copy.db"}
    )
    newsletters = {
        slug: newsletter.model_copy(update=dict(otherwise))
        for slug, newsletter in site.settings.newsletters.items()
    }
    settings: Settings = site.settings.model_copy(
        update={"site": site_settings, "relays": (relay,), "newsletters": newsletters}
    )
    database = open_database(site_settings.database, folder)
    upgrade(database)
    return replace(site, settings=settings, database=database)


def subscribe_readers(site: Site, slug: str, count: int, now: datetime) -> None:
    """Subscribe `count` made-up readers at example.org to the newsletter's list."""
    rows = "".join(f"reader{number}@example.org,Reader {number},\n" for number in range(count))
    import_subscribers(
        site.database.transaction,
        BytesIO(f"email,name,tags\n{rows}".encode()),
        ImportOptions(
            list_slug=site.newsletter(slug).list,
            source_name="made up",
            now=now,
        ),
        slug_of=slug_of,
    )
