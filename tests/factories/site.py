"""A whole site in a folder, opened in this process, with a Markdown folder as its source."""

from __future__ import annotations

import tempfile
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from newsletter.articles.tags import slug_of
from newsletter.site.site import Site, open_site
from newsletter.store.database import create_private, open_database
from newsletter.store.migrations import upgrade
from subscribers.csv_file import import_subscribers
from subscribers.importing.options import ImportOptions

READERS = tuple(f"reader{number}@example.org" for number in range(4))

_SETTINGS = """
[site]
url = "{url}"
database = "{database}"
timezone = "{timezone}"
language = "{language}"
postal_address = "Example Media, 1 Example St"
secret_key = "a-key-for-tests-only-and-long-enough"

[[relays]]
name = "main"
host = "127.0.0.1"
port = {port}
{relay}

[newsletters.weekly]
title = "The Weekly"
from = "The Weekly <weekly@news.example.org>"
list = "weekly"
schedule = "{schedule}"
approval = "{approval}"
max_lateness = "6h"
min_items = {min_items}
{keys}

[[newsletters.weekly.sources]]
folder = "articles"

{tables}
"""


def make_site(
    folder: Path,
    *,
    now: datetime,
    readers: tuple[str, ...] = READERS,
    database: str = "sqlite:///newsletter.db",
    **settings: Any,
) -> Site:
    """A site in `folder` whose readers joined at `now`; settings: port, schedule, approval …

    `keys` are further lines of the newsletter's table, `relay` of the relay's, `tables` further
    tables.
    """
    values = {
        "url": "https://news.example.org",
        "timezone": "UTC",
        "language": "en",
        "port": 9,
        "schedule": "0 7 * * mon",
        "approval": "auto",
        "min_items": 2,
        "keys": "",
        "relay": "",
        "tables": "",
        **settings,
    }
    text = _SETTINGS.format(database=database, **values)
    (folder / "newsletter.toml").write_text(text, encoding="utf-8")
    (folder / "articles").mkdir(exist_ok=True)
    if database.startswith("sqlite:///"):
        put_tables(folder / database.removeprefix("sqlite:///"))
    site = open_site(folder, {})
    rows = "email,name,tags\n" + "".join(f"{address},,\n" for address in readers)
    import_subscribers(
        site.database.transaction,
        BytesIO(rows.encode()),
        ImportOptions(
            list_slug="weekly",
            source_name="readers.csv",
            now=now,
        ),
        slug_of=slug_of,
    )
    return site


def put_tables(path: Path) -> None:
    """A SQLite database with the tables at `path`, unless there is one already."""
    if not path.exists():
        create_private(path)
        path.write_bytes(_empty_database())


@cache
def _empty_database() -> bytes:
    """What the migrations make: they take longer than most tests, and run once a process."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_database("sqlite:///empty.db", Path(folder))
        upgrade(database)
        database.close()  # the last to close writes the log of changes into the file
        return (Path(folder) / "empty.db").read_bytes()


def publish(folder: Path, *moments: datetime, story: str = "story") -> None:
    """Put an article into the site's Markdown folder for each moment."""
    for moment in moments:
        slug = f"{story}-{moment:%Y-%m-%d-%H-%M}"
        text = (
            f'---\ntitle: "{story} of {moment:%d %B %Y %H:%M}"\ndate: {moment.isoformat()}\n'
            f"url: https://press.example.org/{slug}\ntags: [news]\n"
            f"summary: What happened on {moment:%d %B}.\n---\nIt happened at {moment:%H:%M}.\n"
        )
        (folder / "articles" / f"{slug}.md").write_text(text, encoding="utf-8")
