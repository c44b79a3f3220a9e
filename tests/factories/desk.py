"""A site with a drafted issue, for tests of the editor's desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from newsletter.articles.article import Article, Tag
from newsletter.articles.identity.sources import Configured
from newsletter.articles.tags import slug_of
from newsletter.config.settings import Settings
from newsletter.issues.issue import Issue
from newsletter.pipeline.draft import draft
from newsletter.site.site import Site
from newsletter.store.articles import save_articles
from newsletter.store.database import Database
from newsletter.store.sources import settle_sources
from subscribers.csv_file import import_subscribers
from subscribers.importing.options import ImportOptions
from tests.factories.issues import DUE, make_article

NOW = DUE - timedelta(hours=20)
"""When the editor sits down: the issue serves DUE."""

SLUG = "weekly"
SECTIONS = ("Security", "Making", "The rest")

SETTINGS: dict[str, Any] = {
    "site": {
        "url": "http://127.0.0.1:8000",
        "timezone": "UTC",
        "postal_address": "Example Media, 1 Example St",
    },
    "relays": [{"name": "main", "host": "127.0.0.1", "port": 2525}],
    "newsletters": {
        SLUG: {
            "title": "Good Gear Weekly",
            "from": "Good Gear Weekly <weekly@news.example.org>",
            "list": "weekly",
            "schedule": "0 7 * * mon",
            "approval": "hold",
            "personalise": "tags",
            "sections": [
                {"title": "Security", "tags": ["security"], "max_items": 3},
                {"title": "Making", "tags": ["making"], "max_items": 3},
                {"title": "The rest", "max_items": 4},
            ],
            "sources": [{"folder": "articles"}],
        }
    },
}


def make_site(
    database: Database, folder: Path, *, relay: Mapping[str, Any] | None = None, **site: Any
) -> Site:
    """A site over this database; `relay` changes its relay, `site` its table [site]."""
    settings = Settings.model_validate(
        {
            **SETTINGS,
            "site": {**SETTINGS["site"], **site},
            "relays": [{**SETTINGS["relays"][0], **(relay or {})}],
        }
    )
    return Site(folder=folder, settings=settings, database=database, secret="s" * 40)


def week_of_articles(count: int = 9) -> list[Article]:
    """Articles 1 to `count`, by turns of security, making and something else."""
    tags = ("security", "making", "tides")
    return [
        make_article(
            number,
            tags=(Tag(slug=tags[number % 3], label=tags[number % 3]),),
        )
        for number in range(1, count + 1)
    ]


def gather_articles(site: Site, articles: Sequence[Article], *, now: datetime = NOW) -> None:
    """Keep the articles as a gathering would have."""
    with site.database.transaction() as connection:
        (source,) = settle_sources(connection, SLUG, [Configured(location="articles")], now)
        save_articles(connection, SLUG, source, articles, now)


def drafted(site: Site, count: int = 9, *, now: datetime = NOW) -> Issue:
    """The coming issue over a week of `count` articles."""
    gather_articles(site, week_of_articles(count), now=now)
    return draft(site, SLUG, now=now)


def subscribe(site: Site, *addresses: str, tags: str = "") -> None:
    """Make active readers of the newsletter's list, who follow these tags."""
    rows = "email,name,tags\n" + "".join(f"{address},,{tags}\n" for address in addresses)
    import_subscribers(
        site.database.transaction,
        BytesIO(rows.encode()),
        ImportOptions(
            list_slug=SLUG,
            source_name="readers.csv",
            now=NOW,
        ),
        slug_of=slug_of,
    )
