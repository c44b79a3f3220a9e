"""Editors who may not approve ask for it; notices, dates, pictures and the shelf say what is so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from newsletter.pipeline.approve import approve
from newsletter.pipeline.draft import draft
from newsletter.store.users import Role, save_user
from tests.axe import complaints
from tests.browser.desk import DESK, open_desk, open_page, saved, version
from tests.browsers import Chromium
from tests.demo.catcher import MailCatcher, catching_mail
from tests.factories.desk import NOW, gather_articles
from tests.factories.issues import make_article, make_image
from tests.factories.office import COPY_DESK, NEWS_DESK, Office

pytestmark = pytest.mark.browser

NOTE_AT_SUBMIT = """document.addEventListener("submit", () => setTimeout(() => {
    const button = document.querySelector("button[form=approve]");
    sessionStorage.setItem("seen", `${button.disabled} ${document.getElementById("toast").textContent}`);
}))"""
"""Keeps for the next page whether the button could still be pressed, and what was said."""


@pytest.fixture(scope="module")
def catcher() -> Iterator[MailCatcher]:
    """Takes the mail that goes to editors."""
    with catching_mail() as catcher:
        yield catcher


@pytest.fixture(scope="module")
def office(catcher: MailCatcher, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A draft with articles left out."""
    folder = tmp_path_factory.mktemp("people")
    with open_desk(folder, articles=30, relay={"port": catcher.port}) as office:
        yield office


def test_an_editor_asks_for_approval(
    office: Office, chromium: Chromium, catcher: MailCatcher
) -> None:
    """No Approve that cannot be pressed: a button that writes to every publisher, once a version."""
    with office.site.database.transaction() as connection:
        save_user(connection, NEWS_DESK, name="News desk", role=Role.PUBLISHER, now=NOW)
    before = len(catcher.mails)

    def work(browser: Browser) -> None:
        context = office.sit_down(browser, COPY_DESK, role=Role.EDITOR)
        page = open_page(context)
        expect(page.get_by_role("link", name="Approve", exact=True)).to_have_count(0)
        page.goto(f"{DESK}/preview")
        expect(page.get_by_role("link", name="Approve", exact=True)).to_have_count(0)
        page.get_by_role("link", name="Ask for approval").click()
        page.get_by_label("A note to the publishers").fill("Please look at the lead.")
        page.get_by_role("button", name="Ask for approval").click()
        expect(page.get_by_role("status").first).to_contain_text(f"A mail goes to {NEWS_DESK}")
        page.get_by_role("button", name="Ask for approval").click()
        expect(page.get_by_role("status").first).to_contain_text("asked to approve this version")
        expect(page.get_by_role("button", name="Send a test")).to_be_enabled()
        page.get_by_role("button", name="Make a link").click()
        page.get_by_role("button", name="Copy").click()
        expect(page.locator("#toast")).to_have_text("Copied.")
        context.close()

    chromium.run(work)
    assert catcher.wait_for(before + 1, seconds=60)
    (mail,) = catcher.mails[before:]
    assert mail.recipient == NEWS_DESK
    assert "Please look at the lead." in mail.part("plain")
    assert "/desk/weekly/1/publish" in mail.part("plain")


def test_what_was_done_is_said_on_the_screen(office: Office, chromium: Chromium) -> None:
    """An address that cannot be read, an article that is there already, a fetch: each says so."""

    def work(browser: Browser) -> None:
        context = office.sit_down(browser)
        page = open_page(context)
        told = page.locator("#told")
        address = page.locator("#form-add input[type=url]")
        address.fill("http://127.0.0.1:9/nothing")
        page.get_by_role("button", name="Add", exact=True).click()
        expect(told.get_by_role("alert")).to_be_in_viewport()
        expect(address).to_have_value("http://127.0.0.1:9/nothing")
        address.fill("")
        page.get_by_role("button", name="Fetch the sources now").click()
        expect(told).to_contain_text("no new article")
        expect(told).to_be_in_viewport()
        context.close()

    chromium.run(work)


def test_the_shelf_is_searched_sorted_and_knows_the_section(
    office: Office, chromium: Chromium
) -> None:
    """Each entry has its date, tags and fitting section; a search leaves only what it names."""

    def work(browser: Browser) -> None:
        context = office.sit_down(browser)
        page = open_page(context)
        rows = page.locator(".tray li:visible")
        page.get_by_label("Search what was left out").fill("security")
        expect(rows.first).to_be_visible()
        for row in rows.all():
            expect(row.locator(".tag")).to_have_text("security")
            expect(row.locator("select")).to_have_value("Security")
        page.get_by_label("Search what was left out").fill("nothing like it")
        expect(page.locator("#shelf-none")).to_be_visible()
        page.get_by_label("Search what was left out").fill("")
        page.get_by_label("Order").select_option("oldest")
        expect(rows.first).to_contain_text("Story 30")
        at = version(page)
        rows.first.get_by_role("button").click()
        saved(page, at)
        expect(page.locator("#told")).to_contain_text("was added to Security")
        expect(page.get_by_label("Order")).to_have_value("oldest")
        context.close()

    chromium.run(work)


def test_pictures_without_words_or_answer_are_flagged(office: Office, chromium: Chromium) -> None:
    """A picture that nobody can load and one without alt text are warnings, on the desk and before approval."""
    bare = make_image(7, alt="")
    dead = make_image(8, answers=False)
    pictured = [
        make_article(number, image=image, published=NOW - timedelta(minutes=number))
        for number, image in ((101, bare), (102, dead))
    ]
    gather_articles(office.site, pictured)

    def work(browser: Browser) -> None:
        context = office.sit_down(browser)
        page = open_page(context)
        page.get_by_role("button", name="Fetch the sources now").click()
        expect(page.locator("#told")).to_be_visible()
        for number in (101, 102):
            row = page.locator(".tray li", has_text=f"Story {number}:")
            if row.count():
                at = version(page)
                row.get_by_role("button").evaluate("button => button.click()")
                saved(page, at)
        expect(page.locator(".flag", has_text="no alt text").first).to_be_visible()
        expect(page.locator(".flag", has_text="cannot be loaded").first).to_be_visible()
        page.goto(f"{DESK}/preview")
        expect(page.locator(".lint")).to_contain_text("Image answer")
        page.goto(f"{DESK}/publish")
        expect(page.locator(".checks")).to_contain_text("1 picture has no alt text")
        expect(page.locator(".checks")).to_contain_text("could not be loaded")
        context.close()

    chromium.run(work)


def test_the_date_is_the_day_on_which_it_goes_out(chromium: Chromium, tmp_path: Path) -> None:
    """A chosen time dates the mail; after an early send the desk names the next occasion."""

    def work(browser: Browser) -> None:
        with open_desk(tmp_path) as office:
            later = NOW + timedelta(days=3)
            number = draft(office.site, "weekly", now=NOW).number
            approve(office.site, "weekly", number, now=NOW, send_at=later)
            context = office.sit_down(browser)
            page = open_page(context, f"{DESK}/frame")
            expect(page.locator("body")).to_contain_text(f"{later:%B} {later.day}, {later.year}")
            page.goto("/desk")
            expect(page.locator(".head")).to_contain_text(f"{later:%A} {later.day} {later:%B}")
            context.close()

    chromium.run(work)


def test_no_machinery_is_named_to_an_editor(office: Office, chromium: Chromium) -> None:
    """A test to an address that is not allowed is refused without a configuration key."""

    def work(browser: Browser) -> None:
        context = office.sit_down(browser)
        page = open_page(context, f"{DESK}/publish")
        page.locator("#to").fill("stranger@example.com")
        page.get_by_role("button", name="Send a test").click()
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("Ask who runs the site")
        assert "allow_test" not in page.locator("main").inner_text()
        context.close()

    chromium.run(work)


def test_approving_takes_its_time_once(chromium: Chromium, tmp_path: Path) -> None:
    """While the editions are made the button cannot be pressed again, and the page says what it does."""

    def work(browser: Browser) -> None:
        with open_desk(tmp_path) as office:
            context = office.sit_down(browser)
            page = open_page(context, f"{DESK}/publish")
            page.evaluate(NOTE_AT_SUBMIT)
            page.get_by_role("button", name="Approve and schedule").click()
            expect(page.locator("h1 .badge")).to_have_text("Approved")
            seen = page.evaluate("sessionStorage.getItem('seen')")
            assert seen.startswith("true Approving 1 edition")
            context.close()

    chromium.run(work)


def test_on_a_phone_the_preview_takes_the_articles_place(
    office: Office, chromium: Chromium
) -> None:
    """The bar stays on the screen, its links lead to the parts, and nothing is wider than the phone."""

    def work(browser: Browser) -> None:
        context = office.sit_down(browser, width=390, height=800)
        page = open_page(context)
        page.get_by_role("link", name="Left out").click()
        expect(page.get_by_role("heading", name="Left out")).to_be_in_viewport()
        expect(page.locator("#deskbar")).to_be_in_viewport()
        page.get_by_role("button", name="Preview").click()
        expect(page.locator("#peek")).to_be_in_viewport()
        expect(page.locator("#left-out")).to_be_hidden()
        page.get_by_role("button", name="Articles").click()
        expect(page.locator("#left-out")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        context.close()

    chromium.run(work)


def test_axe_finds_nothing_where_an_editor_asks(office: Office, chromium: Chromium) -> None:
    """The editor's pages, a notice and the preview on a phone: in light and dark, at two widths."""

    def work(browser: Browser) -> list[str]:
        found: list[str] = []
        for scheme, width in (("light", 1280), ("dark", 390)):
            context = office.sit_down(
                browser, COPY_DESK, role=Role.EDITOR, scheme=scheme, width=width
            )
            page = open_page(context, f"{DESK}/publish")
            found += complaints(page)
            page.goto(DESK)
            page.get_by_role("button", name="Fetch the sources now").click()
            expect(page.locator("#told .notice")).to_be_visible()
            found += complaints(page)
            if width == 390:
                page.get_by_role("button", name="Preview").click()
                found += complaints(page)
            context.close()
        return found

    assert chromium.run(work) == []
