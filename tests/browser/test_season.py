"""The coming weeks in Chromium: rehearsed by keyboard, usable by everybody, at every width."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from newsletter.pipeline.gather import gather
from newsletter.web.app import make_app
from tests.axe import LOOKS, complaints
from tests.browser.test_people_and_sources import watched
from tests.browsers import Chromium
from tests.factories.editors import add_editor
from tests.factories.office import Office
from tests.factories.site import make_site, publish
from tests.factories.web_requests import NOW
from tests.servers.web import serving

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A site that knows the articles of some days."""
    folder: Path = tmp_path_factory.mktemp("season")
    site = make_site(folder, now=NOW - timedelta(days=8), url="http://127.0.0.1:8000")
    publish(folder, *(NOW - timedelta(days=days) for days in (1, 2, 3)))
    gather(site, "weekly", now=NOW)
    add_editor(site)
    try:
        with serving(make_app(site, clock=lambda: NOW)) as base:
            yield Office(site=site, base=base)
    finally:
        site.database.close()


def test_a_season_is_rehearsed_by_keyboard(office: Office, chromium: Chromium) -> None:
    """The page shows the result by itself; axe finds nothing in it, in light and dark."""

    def work(browser: Browser) -> list[str]:
        found: list[str] = []
        page = watched(office.sit_down(browser).new_page(), found)
        page.goto("/desk")
        page.get_by_role("link", name="Coming weeks").focus()
        page.keyboard.press("Enter")
        page.get_by_label("How far").select_option("4")
        page.get_by_role("button", name="Rehearse").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Issues")).to_be_visible(timeout=120_000)
        expect(page.get_by_role("rowheader", name="No. 1")).to_be_visible()
        for scheme, width in LOOKS:
            context = office.sit_down(browser, width=width, scheme=scheme)
            seen = watched(context.new_page(), found)
            seen.goto("/desk/weekly/season")
            found += [f"{scheme} {width}: {one}" for one in complaints(seen, scheme)]
            context.close()
        return found

    assert chromium.run(work) == []
