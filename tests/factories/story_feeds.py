"""Sites whose sources are feeds on loopback, and the feeds that a test puts there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path

from newsletter.site.site import Site
from tests.factories.site import make_site

NOW = datetime(2026, 3, 8, 12, tzinfo=UTC)
DAY = timedelta(days=1)

OPEN: list[Site] = []
"""The sites that were made, for `close_sites`."""


def close_sites() -> None:
    """Close the databases of all sites made so far."""
    while OPEN:
        OPEN.pop().database.close()


def site_of(folder: Path, *sources: str, database: str = "sqlite:///newsletter.db") -> Site:
    """A site with these lines of sources."""
    tables = "".join(f"[[newsletters.weekly.sources]]\n{lines}\n" for lines in sources)
    fetch = '[fetch]\nallow_private = ["127.0.0.1"]\ntimeout = "20s"\n\n'
    site = make_site(folder, now=NOW - DAY, database=database, tables=fetch + tables, min_items=1)
    OPEN.append(site)
    return site


def item(title: str, *, link: str = "", guid: str = "", days: float = -1, text: str = "") -> str:
    """An entry of a feed, dated so many days from NOW."""
    date = format_datetime(NOW + days * DAY)
    parts = (f"<title>{escape(title)}</title>", f"<pubDate>{date}</pubDate>")
    link_part = f"<link>{escape(link)}</link>" if link else ""
    guid_part = f'<guid isPermaLink="false">{guid}</guid>' if guid else ""
    text_part = f"<description>{escape(text)}</description>" if text else ""
    return f"<item>{''.join(parts)}{link_part}{guid_part}{text_part}</item>"


def feed(*items: str, title: str = "Site News") -> str:
    """A feed of these entries."""
    return f"<rss version='2.0'><channel><title>{title}</title>{''.join(items)}</channel></rss>"
