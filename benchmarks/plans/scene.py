"""The site whose database was filled, and its issue that is being sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.plans.fill import LIST, Size
from newsletter.issues.issue import Issue
from newsletter.pipeline.deliver import ledger_of
from newsletter.site.site import Site, open_site
from newsletter.store import issues as issue_store
from newsletter.store.ledger import SqlLedger

NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
HOOK = "https://hooks.example.net/a"

_CONFIGURATION = """\
[site]
url = "https://news.example.org"
database = "{url}"
postal_address = "Example Media, 1 Example St, Sydney"
secret_key = "a key of the benchmark, which guards nothing"

[[relays]]
name = "main"
host = "127.0.0.1"
port = 25

[inbound]
domain = "news.example.org"

[newsletters.{slug}]
title = "Good Gear Weekly"
from = "Good Gear Weekly <weekly@news.example.org>"
list = "{slug}"
schedule = "0 7 * * mon"
personalise = "tags"

[[newsletters.{slug}.sections]]
title = "Security"
tags = ["security"]
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """What the operations need; `number` is the id of the issue's row."""

    site: Site
    issue: Issue
    number: int
    ledger: SqlLedger
    size: Size
    now: datetime = NOW

    def address_of(self, reader: int) -> str:
        """The address that `fill` gave this reader."""
        if reader % 10 < 7:
            return f"reader{reader}@example{reader % 5}.org"
        return f"reader{reader}@firm{reader % 2003}.example.net"


def make_scene(folder: Path, url: str, size: Size) -> Scene:
    """Open the filled database as a site."""
    (folder / "newsletter.toml").write_text(
        _CONFIGURATION.format(url=url, slug=LIST), encoding="utf-8"
    )
    site = open_site(folder, {})
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, LIST, None)
        number = issue_store.issue_id(connection, issue)
    return Scene(site=site, issue=issue, number=number, ledger=ledger_of(site, issue), size=size)
