"""The page of the sending nodes in Chromium: it follows them, axe finds nothing, nothing sticks out."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from newsletter.site.site import Site
from newsletter.store.nodes import Holding, note_work, registered
from tests.axe import objections_in_both_modes
from tests.browsers import Chromium
from tests.factories.editors import Office, open_office
from tests.factories.runs import MONDAY, THURSDAY
from tests.factories.site import make_site

pytestmark = pytest.mark.browser


def look(browser: Browser, office: Office, site: Site) -> list[str]:
    """What is wrong with the page while a node comes, works and leaves."""
    found = []
    context = browser.new_context(base_url=str(office.client.base_url))
    context.add_cookies(
        [
            {"name": name, "value": value, "url": str(office.client.base_url)}
            for name, value in office.client.cookies.items()
        ]
    )
    page = context.new_page()
    page.goto("/desk")
    page.get_by_role("link", name="Nodes").click()
    page.get_by_text("No node is running").wait_for()
    with registered(site.database, "far.example:7", MONDAY) as node:
        with site.database.transaction() as connection:
            note_work(connection, node, 41.5, [Holding(issue="weekly/1", deliveries=320)])
        page.get_by_role("row", name="far.example:7").wait_for()
        words = page.locator("main").inner_text()
        found += [
            f"no {said}" for said in ("41.5", "320 messages", "weekly/1") if said not in words
        ]
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 800})
            found += [f"{width} {objection}" for objection in objections_in_both_modes(page)]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found.append(f"{width}: wider than the window")
    page.get_by_text("No node is running").wait_for()
    context.close()
    return found


@pytest.mark.sampled
def test_the_page_follows_the_nodes(chromium: Chromium, tmp_path: Path, postgres_url: str) -> None:
    """By itself, without a reload."""
    site = make_site(tmp_path, now=THURSDAY, database=postgres_url)
    with open_office(site) as office:
        office.add()
        office.sign_in()
        assert chromium.run(lambda browser: look(browser, office, site)) == []
    site.database.close()
