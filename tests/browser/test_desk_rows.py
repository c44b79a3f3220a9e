"""The issue's page as rows: an editor's week by mouse and by keyboard, on a desktop and on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from newsletter.issues.review import Remark
from newsletter.pipeline.review import comment
from newsletter.store.issues import find_issue
from tests.axe import LOOKS, Mode, complaints
from tests.browser.desk import DESK, open_desk, saved, version, visiting
from tests.browsers import Chromium
from tests.factories.desk import NOW
from tests.factories.office import Office

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A draft of ten articles, with twenty others left out."""
    with open_desk(tmp_path_factory.mktemp("rows"), articles=30) as office:
        yield office


def headlines(page: Page, section: str = "Security") -> list[str]:
    """The section's headlines in order."""
    return page.locator(f"ul[data-section='{section}'] h3").all_inner_texts()


def line(page: Page, number: int, section: str = "Security") -> Locator:
    """The row of a section's article, closed."""
    return page.locator(f"ul[data-section='{section}'] > li > .more > summary").nth(number)


def press(page: Page, *keys: str) -> None:
    """Press keys one after another, each of which changes the issue."""
    for key in keys:
        at = version(page)
        page.keyboard.press(key)
        saved(page, at)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_week_by_keyboard(chromium: Chromium, tmp_path: Path, width: int) -> None:
    """Find, reword, move, lead, pin, remove, undo, select, add and approve, without a mouse."""

    def week(page: Page) -> None:
        page.keyboard.press("j")
        expect(page.locator("li.item.lead summary")).to_be_focused()
        page.keyboard.press("j")
        expect(line(page, 0)).to_be_focused()
        second = headlines(page)[1]

        page.keyboard.press("e")
        expect(page.get_by_label("Headline").nth(1)).to_be_focused()
        page.keyboard.press("Control+a")
        at = version(page)
        page.keyboard.type("Just keys: jkx?/u", delay=1)
        saved(page, at)
        expect(line(page, 0).locator("h3")).to_have_text("Just keys: jkx?/u")
        page.keyboard.press("Escape")
        expect(line(page, 0)).to_be_focused()
        expect(page.locator("ul[data-section='Security'] details.more[open]")).to_have_count(0)

        press(page, "Shift+ArrowDown")
        assert headlines(page)[:2] == [second, "Just keys: jkx?/u"]
        expect(line(page, 1)).to_be_focused()
        expect(line(page, 1)).to_be_in_viewport()
        expect(page.locator("#announced")).to_contain_text("moved")
        press(page, "p")
        expect(line(page, 1)).to_contain_text("Pinned")
        press(page, "x")
        expect(line(page, 1)).to_contain_text("Removed")
        press(page, "u")
        expect(line(page, 1)).not_to_contain_text("Removed")
        press(page, "l")
        expect(page.locator(".leadplace h3")).to_have_text("Just keys: jkx?/u")
        expect(page.locator("li.item.lead summary")).to_be_focused()

        page.keyboard.press("ArrowDown")
        moved = headlines(page)[0]
        page.keyboard.press("m")
        expect(page.get_by_role("dialog", name="Move to")).to_be_visible()
        page.keyboard.press("Tab")
        press(page, "Enter")
        assert headlines(page, "Making")[-1] == moved

        page.keyboard.press("k")
        page.keyboard.press("s")
        page.keyboard.press("j")
        page.keyboard.press("s")
        expect(page.locator("#bulk")).to_contain_text("2 selected")
        press(page, "p")
        expect(page.locator(".item:has(> .pick:checked) .line", has_text="Pinned")).to_have_count(2)
        page.keyboard.press("Escape")
        expect(page.locator("#bulk")).to_be_hidden()

        page.keyboard.press("/")
        page.keyboard.type("security", delay=1)
        expect(page.locator(".out:visible").first).to_be_visible()
        page.locator(".out:visible").first.get_by_role("button").focus()
        press(page, "Enter")
        expect(page.locator("#told")).to_contain_text("was added to Security")

        page.locator("li.item.lead summary").focus()
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
        page.get_by_role("link", name="Approve").focus()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Approve and schedule").focus()
        page.keyboard.press("Enter")
        expect(page.locator("h1 .badge")).to_have_text("Approved")

    with open_desk(tmp_path) as office:
        visiting(office, chromium, week, width=width)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_week_by_mouse(chromium: Chromium, tmp_path: Path, width: int) -> None:
    """Open a row, reword it, move it, remove several, look, resolve a comment, approve."""

    def week(page: Page) -> None:
        line(page, 1).click()
        at = version(page)
        row = page.locator("ul[data-section='Security'] > li").nth(1)
        row.get_by_label("Headline").fill("Seen in the preview")
        at = saved(page, at)
        row.get_by_label("Section of").select_option("Making")
        at = saved(page, at)
        assert headlines(page, "Making")[-1] == "Seen in the preview"
        moved = line(page, len(headlines(page, "Making")) - 1, "Making")
        expect(moved.locator("..")).to_have_attribute("open", "")
        moved.click()

        for number in (0, 1):
            page.locator("ul[data-section='The rest'] .pick").nth(number).check()
        page.locator("#bulk").get_by_role("button", name="Remove").click()
        at = saved(page, at)
        expect(page.locator("ul[data-section='The rest'] .item.hidden")).to_have_count(2)
        page.get_by_role("button", name="Undo").click()
        saved(page, at)
        expect(page.locator(".item.hidden")).to_have_count(0)
        page.locator("#bulk").get_by_role("button", name="Clear").click()

        if width == 390:
            page.get_by_role("button", name="Preview").click()
        expect(page.frame_locator("#peek").get_by_text("Seen in the preview")).to_be_visible()
        if width == 390:
            page.get_by_role("button", name="Articles").click()

        with office.site.database.transaction(read_only=True) as connection:
            lead = find_issue(connection, "weekly", 1).items[0]
        remark = Remark(article_key=lead.article.key, about="", name="Ada", text="A comma.")
        comment(office.site, "weekly", 1, remark, now=NOW)
        flag = page.locator("li.item.lead .said")
        expect(flag).to_contain_text("1")  # it comes in by itself
        page.locator("li.item.lead summary").click()
        page.locator("li.item.lead .opened").get_by_role("button", name="Resolve").click()
        expect(flag).to_have_count(0)
        expect(page.locator("li.item.lead > .more")).to_have_attribute("open", "")

        page.get_by_role("link", name="Approve").click()
        page.get_by_role("button", name="Approve and schedule").click()
        expect(page.locator("h1 .badge")).to_have_text("Approved")

    with open_desk(tmp_path) as office:
        visiting(office, chromium, week, width=width)


def test_twenty_stories_on_three_screens(office: Office, chromium: Chromium) -> None:
    """Ten are added by two clicks, one with Shift; one undo takes them out again."""

    def visit(page: Page) -> None:
        at = version(page)
        boxes = page.locator(".out .pick:visible")
        boxes.nth(0).click()
        boxes.nth(9).click(modifiers=["Shift"])
        expect(page.locator("#bulk-add")).to_contain_text("10 selected")
        page.locator("#bulk-add").get_by_role("button", name="Add").click()
        at = saved(page, at)
        expect(page.locator("#told")).to_contain_text("10 articles were added")
        expect(page.locator("#deskbar h1")).to_contain_text("20 articles")
        assert page.evaluate("document.documentElement.scrollHeight") < 3000
        page.get_by_role("button", name="Undo").click()
        saved(page, at)
        expect(page.locator("#deskbar h1")).to_contain_text("10 articles")

    visiting(office, chromium, visit)


def test_keys_are_not_taken_from_what_is_typed(office: Office, chromium: Chromium) -> None:
    """In fields and lists of choices each key means itself; single keys can be switched off."""

    def visit(page: Page) -> None:
        before = version(page)
        line(page, 0).click()
        summary = page.locator("ul[data-section='Security'] textarea").first
        summary.focus()
        page.keyboard.press("Control+End")
        page.keyboard.type(" lpxjk?/", delay=1)
        assert summary.input_value().endswith(" lpxjk?/")
        assert page.locator("dialog[open]").count() == 0
        saved(page, before)
        expect(page.locator("#saved")).to_have_text("Saved")
        page.get_by_label("Order").focus()
        page.keyboard.press("p")
        page.locator("#show-keys").click()
        page.get_by_label("Use single keys").uncheck()
        page.get_by_role("button", name="Close").click()
        at = version(page)
        line(page, 0).focus()
        page.keyboard.press("p")
        page.keyboard.press("?")
        assert page.locator("dialog[open]").count() == 0
        page.keyboard.press("ArrowDown")
        expect(line(page, 1)).to_be_focused()
        assert version(page) == at
        page.locator("#show-keys").click()
        page.get_by_label("Use single keys").check()

    visiting(office, chromium, visit)


def test_folds_are_remembered_and_the_outline_leads_there(
    office: Office, chromium: Chromium
) -> None:
    """A section that was folded stays so after a reload, until a jump unfolds it."""

    def visit(page: Page) -> None:
        page.get_by_role("heading", name="Making").click()
        expect(line(page, 0, "Making")).to_be_hidden()
        page.reload()
        expect(line(page, 0, "Making")).to_be_hidden()
        outline = page.get_by_role("navigation", name="Parts of the issue")
        outline.get_by_role("link", name="Making").click()
        expect(line(page, 0, "Making")).to_be_in_viewport()
        outline.get_by_role("link", name="Left out").click()
        expect(outline.locator("[aria-current]")).to_have_count(1)

    visiting(office, chromium, visit)


def test_an_edit_asks_the_server_three_times(office: Office, chromium: Chromium) -> None:
    """Save, page, preview: what is typed stands in the preview after as little work as that."""

    def visit(page: Page) -> None:
        expect(page.frame_locator("#peek").locator("h1")).to_be_visible()
        line(page, 0).click()
        expect(page.locator("#peek")).to_have_attribute("src", re.compile("[&?]at="))
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.locator("ul[data-section='Security'] textarea").first.fill("Typed and seen")
        expect(page.frame_locator("#peek").get_by_text("Typed and seen")).to_be_visible()
        counted = [url for url in asked if DESK in url and not url.endswith("/changes")]
        assert len(counted) <= 3, counted

    visiting(office, chromium, visit)


@pytest.mark.sampled
@pytest.mark.parametrize(("scheme", "width"), LOOKS)
def test_axe_finds_nothing_on_open_rows(
    office: Office, chromium: Chromium, scheme: Mode, width: int
) -> None:
    """An open row, selected rows, both dialogs, comments, and what a reviewer sees."""
    with office.site.database.transaction(read_only=True) as connection:
        lead = find_issue(connection, "weekly", 1).items[0]
    comment(office.site, "weekly", 1,
            Remark(article_key=lead.article.key, about="", name="Ada", text="A comma."), now=NOW)  # fmt: skip
    found: list[str] = []

    def visit(page: Page) -> None:
        page.locator("li.item.lead summary").click()
        page.locator(".item .pick").nth(2).check()
        found.extend(complaints(page, scheme))
        line(page, 0).focus()
        for key in ("m", "?"):
            page.keyboard.press(key)
            found.extend(complaints(page, scheme))
            page.keyboard.press("Escape")
        page.goto(f"{DESK}/publish")
        page.get_by_role("button", name="Make a link").click()
        found.extend(complaints(page, scheme))
        page.goto(f"/shared/{page.locator('#shared').input_value().rpartition('/')[2]}")
        found.extend(complaints(page, scheme))

    visiting(office, chromium, visit, width=width, scheme=scheme)
    assert found == []
