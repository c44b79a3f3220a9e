"""What an editor types is never lost, and nothing moves that the editor did not touch."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from newsletter.store.issues import find_issue
from tests.browser.desk import DESK, open_desk, open_page, saved, version
from tests.browsers import Chromium
from tests.factories.office import COPY_DESK, NEWS_DESK, Office

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A draft of ten articles, with others left out."""
    with open_desk(tmp_path_factory.mktemp("typing"), articles=30) as office:
        yield office


def visiting(office: Office, chromium: Chromium, visit: Callable[[Page], None]) -> None:
    """The visit of an editor with a browser of their own."""

    def work(browser: Browser) -> None:
        context = office.sit_down(browser)
        try:
            visit(open_page(context))
        finally:
            context.close()

    chromium.run(work)


def opening_note(office: Office) -> str:
    """The opening note as it is stored."""
    with office.site.database.transaction(read_only=True) as connection:
        return find_issue(connection, "weekly", 1).words.intro


def test_a_change_leaves_the_page_where_it_is(office: Office, chromium: Chromium) -> None:
    """Pinning in the middle of the page, and adding from its end, move nothing under the pointer."""

    def visit(page: Page) -> None:
        pin = page.locator("ul[data-section='Making'] .tool[title^='Pin']").first
        pin.scroll_into_view_if_needed()
        page.evaluate("scrollBy(0, 260)")
        before, at = page.evaluate("scrollY"), version(page)
        pin.click()
        at = saved(page, at)
        assert before > 200
        assert page.evaluate("scrollY") == before
        add = page.locator(".tray button").first
        add.scroll_into_view_if_needed()
        heading = page.locator("#h-tray")
        place = heading.bounding_box()
        add.click()
        saved(page, at)
        assert heading.bounding_box() == place

    visiting(office, chromium, visit)


def test_typing_is_saved_by_itself_within_a_pause(office: Office, chromium: Chromium) -> None:
    """Neither a button nor leaving the field is needed, and what is typed meanwhile stays."""

    def visit(page: Page) -> None:
        note = page.get_by_role("textbox", name="Opening note")
        note.press_sequentially("Good morning ")
        expect(page.locator("#saved")).to_have_text("Saved")
        expect(note).to_be_focused()
        assert note.input_value() == "Good morning ", "the space that the server trims stays"
        note.press_sequentially("all")
        expect(page.locator("#saved")).to_have_text("Saved")
        page.reload()
        assert page.get_by_role("textbox", name="Opening note").input_value() == "Good morning all"

    visiting(office, chromium, visit)


def test_another_change_does_not_take_what_is_being_typed(
    office: Office, chromium: Chromium
) -> None:
    """With the summary half typed, pinning another article keeps the text, and then saves it."""

    def visit(page: Page) -> None:
        first, second = page.locator("ul[data-section='Security'] > li").all()[:2]
        first.locator("summary").click()
        summary = first.get_by_label("Summary")
        at = version(page)
        summary.fill("Half a sentence")
        second.locator(".tool[title^='Pin']").click()
        saved(page, at)
        expect(summary).to_be_visible()
        assert summary.input_value() == "Half a sentence"
        expect(page.locator("#saved")).to_have_text("Saved")
        page.reload()
        assert first.get_by_label("Summary").input_value() == "Half a sentence"

    visiting(office, chromium, visit)


def test_another_editors_change_does_not_take_it_either(office: Office, chromium: Chromium) -> None:
    """What somebody else does comes in by itself around a field that is being filled in."""

    def work(browser: Browser) -> None:
        news_desk, copy_desk = (
            office.sit_down(browser, address) for address in (NEWS_DESK, COPY_DESK)
        )
        page, other = open_page(news_desk), open_page(copy_desk)
        page.locator("#form-add input[type=url]").fill("https://press.example.org/half-typ")
        other.get_by_label("Subject").fill("What the copy desk says")
        expect(page.get_by_label("Subject")).to_have_value("What the copy desk says")
        expect(page.locator("#form-add input[type=url]")).to_have_value(
            "https://press.example.org/half-typ"
        )
        news_desk.close()
        copy_desk.close()

    chromium.run(work)


def test_with_the_server_away_text_waits_in_the_browser(office: Office, chromium: Chromium) -> None:
    """It is said at once, the text survives a reload, and is saved when the server answers."""

    def visit(page: Page) -> None:
        def away(route: Route) -> None:
            route.abort() if route.request.method == "POST" else route.continue_()

        page.route("**/desk/weekly/1", away)
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("textbox", name="Opening note").fill("Written in a tunnel")
        expect(page.locator("#toast")).to_contain_text("cannot be reached")
        expect(page.locator("#saved")).to_have_text("Not saved")
        page.reload()
        note = page.get_by_role("textbox", name="Opening note")
        assert note.input_value() == "Written in a tunnel"
        page.unroute("**/desk/weekly/1", away)
        expect(page.locator("#saved")).to_have_text("Saved")
        assert opening_note(office) == "Written in a tunnel"
        assert page.evaluate("Object.keys(localStorage).length") == 0

    visiting(office, chromium, visit)


def test_a_session_that_ends_loses_nothing(office: Office, chromium: Chromium) -> None:
    """What was typed waits in the browser, and is saved after signing in again."""

    def work(browser: Browser) -> None:
        context = office.sit_down(browser)
        page = open_page(context)
        cookies = context.cookies()
        context.clear_cookies()
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("textbox", name="Opening note").fill("Typed while signed out")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        context.add_cookies([{**cookie} for cookie in cookies])  # type: ignore[typeddict-item] # the same keys
        page.goto(DESK)
        expect(page.locator("#saved")).to_have_text("Saved")
        assert opening_note(office) == "Typed while signed out"
        expect(page.locator("ol.history li").first).to_contain_text("changed the opening note")
        context.close()

    chromium.run(work)


def test_leaving_saves_first(office: Office, chromium: Chromium) -> None:
    """A link pressed right after the last letter leads on, with everything saved."""

    def visit(page: Page) -> None:
        page.get_by_role("textbox", name="Opening note").fill("The last word")
        page.get_by_role("link", name="Approve").click()
        page.wait_for_url("**/publish")
        assert opening_note(office) == "The last word"

    visiting(office, chromium, visit)


def test_leaving_unsaved_work_is_asked_about(office: Office, chromium: Chromium) -> None:
    """A block that is not added yet would be lost with the page, so the browser asks."""

    def visit(page: Page) -> None:
        asked: list[str] = []
        page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
        page.get_by_text("Add a block").click()
        page.locator("#block-new").get_by_label("Title").fill("Half a block")
        page.goto("/desk")
        assert asked == ["beforeunload"]
        page.goto(DESK)
        expect(page.locator("#block-new").get_by_label("Title")).to_have_value("Half a block")

    visiting(office, chromium, visit)


def test_undo_by_keyboard_is_announced(office: Office, chromium: Chromium) -> None:
    """Ctrl+Z takes back the last move, and both are said to those who do not see the page."""

    def visit(page: Page) -> None:
        titles = page.locator("ul[data-section='Security'] h3")
        before, at = titles.all_inner_texts(), version(page)
        page.locator("ul[data-section='Security'] .tool[title='Move down']").first.click()
        at = saved(page, at)
        assert titles.all_inner_texts() != before
        expect(page.locator("#announced")).to_contain_text("moved")
        page.keyboard.press("Control+z")
        saved(page, at)
        assert titles.all_inner_texts() == before
        expect(page.locator("#announced")).to_contain_text("undid")

    visiting(office, chromium, visit)


def test_many_tabs_do_not_freeze_each_other(office: Office, chromium: Chromium) -> None:
    """With eight tabs open the ninth still answers: none holds a connection."""

    def work(browser: Browser) -> None:
        context = office.sit_down(browser)
        pages = [open_page(context) for _tab in range(8)]
        last = open_page(context)
        at = version(last)
        last.locator(".tool[title^='Pin'], .tool[title='Unpin']").first.click()
        saved(last, at)
        pages[0].bring_to_front()
        saved(pages[0], at)
        context.close()

    chromium.run(work)
