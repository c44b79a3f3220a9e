"""Home and settings in Chromium: usable by everybody, at every width, with no error in the console."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, FilePayload, Page, expect

from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.store.api_tokens import make_api_token
from newsletter.store.tables import webhook_messages
from newsletter.web.app import make_app
from tests.axe import LOOKS, complaints
from tests.browser.test_people_and_sources import watched
from tests.browsers import Chromium
from tests.factories.drawn import drawn
from tests.factories.editors import add_editor
from tests.factories.office import Office
from tests.factories.site import make_site, publish
from tests.factories.web_requests import NOW
from tests.servers.web import serving

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

TABLES = """[[newsletters.weekly.sources]]
name = "Harbour"
folder = "not-there"

[[webhooks]]
url = "https://program.example/in"
secret = "a secret of more than sixteen"
"""
WEEKLY = "/settings/newsletters/weekly"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A site on whose pages there is something of everything."""
    folder: Path = tmp_path_factory.mktemp("settings")
    site = make_site(
        folder, now=NOW - timedelta(days=9), url="http://127.0.0.1:8000", tables=TABLES
    )
    publish(folder, *(NOW - timedelta(hours=hours) for hours in (1, 2, 3)))
    gather(site, "weekly", now=NOW)
    draft(site, "weekly", now=NOW)
    editor = add_editor(site)
    hook = {"url": "https://program.example/in", "event": "sent", "body": "", "created_at": NOW}
    with site.database.transaction() as connection:
        make_api_token(connection, editor, name="nightly", now=NOW)
        for number, values in enumerate(
            (
                {"answer": "204", "delivered_at": NOW, "attempts": 1},
                {"answer": "500", "retry_at": NOW, "attempts": 2},
                {"answer": "410", "attempts": 8},
            )
        ):
            row = {**hook, "subject": f"issue weekly/{number}", **values}
            connection.execute(webhook_messages.insert().values(row))
    try:
        with serving(make_app(site, clock=lambda: NOW)) as base:
            yield Office(site=site, base=base)
    finally:
        site.database.close()


@pytest.mark.sampled
def test_everybody_can_use_the_pages(office: Office, chromium: Chromium) -> None:
    """axe finds nothing in light and dark, nothing is wider than a phone, no script fails."""
    addresses = (
        "/desk", "/settings", "/settings/users", "/settings/keys", "/settings/webhooks", "/settings/lists",
        "/settings/undo", "/settings/export", "/settings/site/site", "/settings/site/alerts",
        *(
            f"{WEEKLY}/{part}"
            for part in ("sender", "schedule", "look", "logo", "sections", "articles")
        ),
        *(f"{WEEKLY}/start/{step}" for step in ("sender", "sources", "readers", "look", "test")),
    )  # fmt: skip

    def visit(browser: Browser) -> list[str]:
        found = list[str]()
        for scheme, width in LOOKS:
            context = office.sit_down(browser, width=width, scheme=scheme)
            page = watched(context.new_page(), found)
            for address in addresses:
                page.goto(address)
                page.evaluate(
                    "document.querySelectorAll('main details').forEach(e => e.open = true)"
                )
                found += [f"{address} {scheme} {width}: {one}" for one in complaints(page, scheme)]
            context.close()
        return found

    assert chromium.run(visit) == []


def test_a_newsletter_is_set_up_by_keyboard_and_put_back(
    office: Office, chromium: Chromium
) -> None:
    """A look is tried at once, a change reviewed, saved and undone, all without the mouse."""
    before = office.site.settings.newsletters["weekly"]

    def press(page: Page, name: str) -> None:
        page.get_by_role("button", name=name, exact=True).focus()
        page.keyboard.press("Enter")

    def work(browser: Browser) -> list[str]:
        errors: list[str] = []
        page = watched(office.sit_down(browser).new_page(), errors)
        page.goto("/desk")
        page.get_by_role("link", name="Choose look and day").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Step 4 of 5")).to_be_visible()
        page.goto("/settings")
        page.get_by_role("link", name="Look").focus()
        page.keyboard.press("Enter")
        frame = page.frame_locator("#look-frame")
        expect(frame.get_by_role("heading", name="story of 02 March 2025 10:00")).to_be_visible()
        page.get_by_role("radio", name="Standard, its own colours").focus()
        page.keyboard.press("ArrowRight")
        chosen = page.locator("input[name=look]:checked").get_attribute("value")
        assert chosen != "standard:"
        expect(page.locator("#look-frame")).to_have_attribute("src", _ending(chosen))
        press(page, "Review changes")
        expect(page.get_by_role("heading", name="What changes")).to_be_visible()
        press(page, "Save")
        expect(page.get_by_role("status").first).to_contain_text("Saved.")
        page.goto("/settings")
        page.get_by_role("link", name="Undo the last change").focus()
        page.keyboard.press("Enter")
        press(page, "Undo")
        expect(page.get_by_role("status").first).to_contain_text("Undone.")
        page.goto(f"{WEEKLY}/schedule")
        expect(page.get_by_label("Who is reminded")).to_be_hidden()
        page.get_by_label("When an issue is due").select_option("remind")
        expect(page.get_by_label("Who is reminded")).to_be_visible()
        page.context.close()
        return errors

    assert chromium.run(work) == []
    assert office.site.settings.newsletters["weekly"] == before


def _ending(look: str | None) -> str:
    """The address of the frame with this look."""
    return f"{WEEKLY}/frame?look={(look or '').replace(':', '%3A')}&font=&density="


def test_a_logo_is_uploaded_and_cropped(office: Office, chromium: Chromium) -> None:
    """It is seen at once, the page is usable by everybody, and the logo can be removed again."""
    logo = FilePayload(name="logo.png", mimeType="image/png", buffer=drawn("PNG"))

    def work(browser: Browser) -> list[str]:
        errors: list[str] = []
        page = watched(office.sit_down(browser).new_page(), errors)
        page.goto(f"{WEEKLY}/logo")
        page.get_by_label("Upload a picture").set_input_files(logo)
        page.get_by_role("button", name="Upload", exact=True).click()
        expect(page.get_by_role("status").first).to_contain_text("Saved.")
        expect(page.get_by_role("img", name="The Weekly")).to_be_visible()
        page.get_by_label("Square").check()
        page.get_by_role("button", name="Save the crop").click()
        expect(page.get_by_label("Square")).to_be_checked()
        errors += complaints(page)
        page.get_by_role("button", name="Remove the logo").click()
        expect(page.get_by_role("button", name="Remove the logo")).to_have_count(0)
        return errors

    assert chromium.run(work) == []
    assert office.site.settings.newsletters["weekly"].logo is None


def test_leaving_a_form_that_was_not_sent_is_asked_about(
    office: Office, chromium: Chromium
) -> None:
    """Who stays finds the text; after a button, or where nothing was typed, nobody is asked."""

    def work(browser: Browser) -> list[str]:
        errors: list[str] = []
        asked: list[str] = []
        page = watched(office.sit_down(browser).new_page(), errors)

        def stay(dialog: Dialog) -> None:
            asked.append(dialog.type)
            dialog.dismiss()

        page.on("dialog", stay)
        page.goto(f"{WEEKLY}/sender")
        tagline = page.get_by_label("A line below the name")
        tagline.click()
        page.get_by_role("link", name="Home").click()
        expect(page.get_by_role("heading", name="The Weekly", level=1)).to_be_visible()
        page.goto(f"{WEEKLY}/sender")
        tagline.fill("Only the news")
        page.get_by_role("link", name="Home").click()
        expect(tagline).to_have_value("Only the news")
        assert asked == ["beforeunload"]
        page.get_by_role("button", name="Review changes").click()
        expect(page.get_by_role("heading", name="What changes")).to_be_visible()
        assert asked == ["beforeunload"]
        return errors

    assert chromium.run(work) == []
