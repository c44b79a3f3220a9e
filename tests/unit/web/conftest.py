"""A desk in this process: a site with a drafted issue, and editors at their browsers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from newsletter.site.site import Site
from newsletter.store.database import Database
from newsletter.store.users import Role
from newsletter.web.app import make_app
from tests.factories.desk import NOW, drafted, make_site
from tests.factories.desk_browser import Browser, session_cookie

NEWS_DESK, COPY_DESK = "news@news.example.org", "copy@news.example.org"


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Site:
    """A site whose coming issue, weekly/1, is drafted."""
    site = make_site(sqlite_database, tmp_path)
    drafted(site, 12)
    return site


@pytest_asyncio.fixture
async def browse(site: Site) -> AsyncIterator[Callable[..., Browser]]:
    """Makes a browser in which somebody is signed in."""
    app = make_app(site, clock=lambda: NOW)
    made: list[Browser] = []

    def make(address: str = NEWS_DESK, role: Role = Role.PUBLISHER) -> Browser:
        made.append(Browser(app, session_cookie(site, address, role=role, now=NOW)))
        return made[-1]

    yield make
    for browser in made:
        await browser.close()
