"""An editor's Thursday, in a real browser: shape the issue, look at it, test, approve, send."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.acceptance.conftest import SiteMaker
from tests.browsers import Chromium
from tests.demo.catcher import CaughtMail, MailCatcher
from tests.demo.inbox import inbox_application
from tests.demo.serving import serving
from tests.factories.office import COPY_DESK, NEWS_DESK, PASSWORD, Office, open_office

pytestmark = [pytest.mark.browser]

DESK = "/desk/weekly/1"


@pytest.fixture
def office(new_site: SiteMaker) -> Iterator[Office]:
    """A drafted issue, and two publishers who may sign in."""
    with open_office(Path(new_site("drafted").folder)) as running:
        yield running


def working(office: Office, *visits: Callable[[Page], None]) -> Callable[[Browser], None]:
    """Each visit by an editor of its own, all at the same time."""

    def work(browser: Browser) -> None:
        contexts: list[BrowserContext] = []
        try:
            for visit, address in zip(visits, (NEWS_DESK, COPY_DESK), strict=False):
                contexts.append(office.sit_down(browser, address))
                visit(watched(contexts[-1].new_page()))
        finally:
            for context in contexts:
                context.close()

    return work


def watched(page: Page) -> Page:
    """The page, whose scripts may not fail."""
    page.on("pageerror", lambda error: pytest.fail(f"the page's script failed: {error}"))
    return page


def headlines(page: Page, section: str) -> list[str]:
    """The section's headlines in order."""
    return page.locator(f"ul[data-section='{section}'] h3").all_inner_texts()


def saved(page: Page, before: str | None) -> str | None:
    """Wait until the desk has another version; returns it."""
    expect(page.locator("#desk")).not_to_have_attribute("data-version", before or "")
    return page.locator("#desk").get_attribute("data-version")


def test_from_signing_in_to_the_bytes_in_the_mailbox(
    office: Office, chromium: Chromium, catcher: MailCatcher
) -> None:
    """Sign in, reorder, edit, add, preview four ways, test, approve, send; what arrives is what was seen."""
    seen: dict[str, str] = {}

    def thursday(browser: Browser) -> None:
        context = browser.new_context(base_url=office.base, viewport={"width": 1280, "height": 900})
        context.set_default_timeout(15_000)
        try:
            page = watched(context.new_page())
            page.goto(DESK)
            page.get_by_label("E-mail address").fill(NEWS_DESK)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("heading", level=1)).to_contain_text("No. 1")
            shape(page)
            look(page, seen)
            page.goto(f"{DESK}/publish")
            page.get_by_role("button", name="Send a test").click()
            expect(page.get_by_role("status").first).to_contain_text("A test went to")
            page.get_by_role("button", name="Approve and schedule").click()
            expect(page.locator("h1 .badge")).to_have_text("Approved")
            page.goto(f"{DESK}/preview?as=reader03@example.org")
            seen["approved"] = page.locator("#sha256").text_content() or ""
            page.goto(f"{DESK}/publish")
            page.get_by_text("Send now").click()
            page.get_by_role("button", name="Send 20 messages").click()
            expect(page.locator("h1 .badge")).to_have_text("Sent", timeout=30_000)
            expect(page.locator(".sum")).to_contain_text("Audience 20 = 20 accepted")
        finally:
            context.close()

    before = len(catcher.mails)
    chromium.run(thursday)
    mails = catcher.mails[before:]
    assert str(mails[0].message["Subject"]) == "[TEST] A subject of our own"
    (mail,) = [mail for mail in mails if mail.recipient == "reader03@example.org"]
    assert shown_by_the_catcher(chromium, mails, mails.index(mail)) == seen["approved"]
    assert "A headline of our own" in mail.part("html")
    assert "Hello from the desk" in mail.part("plain")
    assert len(mails) == 21


def shape(page: Page) -> None:
    """Drag, use the keyboard, edit, add a note, bring two articles in, undo a mistake."""
    version = page.locator("#desk").get_attribute("data-version")
    first, second, third = headlines(page, "Security")[:3]
    items = page.locator("ul[data-section='Security'] > li")
    items.nth(2).locator(".grip").drag_to(items.nth(0), target_position={"x": 200, "y": 4})
    version = saved(page, version)
    assert headlines(page, "Security")[:3] == [third, first, second]

    down = page.get_by_role("button", name=f"Move down: {third[:30]}")
    down.focus()
    page.keyboard.press("Enter")
    version = saved(page, version)
    assert headlines(page, "Security")[:3] == [first, third, second]

    card = page.locator("li.item", has_text=second)
    card.locator("summary").click()
    card.get_by_label("Headline").fill("A headline of our own")
    card.get_by_role("button", name="Save").click()
    version = saved(page, version)

    page.get_by_label("Subject").fill("A subject of our own")
    page.get_by_label("Preview text").focus()
    version = saved(page, version)
    page.get_by_role("textbox", name="Opening note").fill("Hello from *the desk*")
    page.keyboard.press("Tab")
    version = saved(page, version)

    put_in = page.locator(".tray").first.get_by_role("button").first
    put_in.click()
    version = saved(page, version)
    bring_in_by_address(page)
    version = saved(page, version)
    lead = page.locator(".leadplace h3").inner_text()
    page.get_by_role("button", name=f"Remove from issue: {lead[:30]}").click()
    version = saved(page, version)
    assert page.locator(".leadplace h3").inner_text() != lead
    page.get_by_role("button", name="Undo").click()
    saved(page, version)
    assert page.locator(".leadplace h3").inner_text() == lead


def bring_in_by_address(page: Page) -> None:
    """An article that was left out, as if it came from elsewhere: fetched and put in."""
    left_out = page.locator(".tray a").nth(1)
    title, address = left_out.inner_text(), left_out.get_attribute("href")
    page.get_by_placeholder("Add an article").fill(address or "")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("li.item h3", has_text=title)).to_be_visible()


def look(page: Page, seen: dict[str, str]) -> None:
    """Desktop, mobile, dark, and as text; each shows the new headline."""
    page.goto(f"{DESK}/preview")
    frame = page.frame_locator("#frame")
    expect(frame.get_by_text("A headline of our own")).to_be_visible()
    seen["draft"] = page.locator("#sha256").text_content() or ""
    page.get_by_role("link", name="Mobile").click()
    expect(page.locator("#frame")).to_have_attribute("width", "375")
    page.get_by_label("Dark, as designed").check()
    expect(page.locator("#frame")).to_have_attribute("src", pattern("scheme=dark"))
    dark = frame.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    assert max(map(int, dark[4:-1].split(", "))) < 60, "the authored dark is dark"
    page.get_by_label("Pictures off").check()
    expect(page.locator("#frame")).to_have_attribute("src", pattern("images=off"))
    page.get_by_role("navigation", name="Parts").get_by_role("link", name="Text").click()
    expect(frame.get_by_text("Hello from the desk")).to_be_visible()


def pattern(text: str) -> re.Pattern[str]:
    """A pattern that finds the text anywhere."""
    return re.compile(re.escape(text))


def shown_by_the_catcher(chromium: Chromium, mails: list[CaughtMail], number: int) -> str:
    """The hash of a mail's HTML, as the page of the mail catcher shows it."""

    def look(browser: Browser) -> str:
        page = browser.new_page()
        page.goto(f"{inbox}/mails/{number}/html")
        shown = page.locator("#sha256").inner_text()
        page.close()
        return shown

    with serving(inbox_application(mails, title="Caught", site_url="")) as inbox:
        return chromium.run(look)


def test_the_preview_follows_each_change(office: Office, chromium: Chromium) -> None:
    """A changed headline stands in the phone beside the desk by itself, asked for once a change."""
    asked: list[str] = []

    def edit(page: Page) -> None:
        page.goto(DESK)
        expect(page.frame_locator("#peek").locator("h1")).to_be_visible()
        page.on("request", lambda request: asked.append(request.url))
        card = page.locator("li.item.lead")
        card.locator("summary").click()
        for number in range(5):
            card.get_by_label("Headline").fill(f"Seen at once, {number}")
            card.get_by_role("button", name="Save").click()
            expect(page.frame_locator("#peek").get_by_text(f"at once, {number}")).to_be_visible()

    chromium.run(working(office, edit))
    frames = [url for url in asked if "/frame?" in url]
    print(f"{len(asked)} requests for five changes: {sorted(set(asked))}")
    assert 5 <= len(frames) <= 10


def test_two_editors_see_each_other_and_lose_nothing(office: Office, chromium: Chromium) -> None:
    """What the copy desk does appears at the news desk's; what both do to one headline is shown side by side."""

    def work(browser: Browser) -> None:
        contexts = [office.sit_down(browser, NEWS_DESK), office.sit_down(browser, COPY_DESK)]
        try:
            news_desk, copy_desk = (watched(context.new_page()) for context in contexts)
            news_desk.goto(DESK)
            copy_desk.goto(DESK)
            lead = news_desk.locator(".leadplace h3").inner_text()
            copy_desk.get_by_role("button", name=f"Pin: {lead[:30]}").click()
            expect(news_desk.locator(".leadplace .flag", has_text="Pinned")).to_be_visible()

            for page in (news_desk, copy_desk):
                page.locator("li.item.lead summary").click()
            contexts[0].set_offline(True)  # what is typed is saved at once otherwise
            news_desk.locator("li.item.lead").get_by_label("Headline").fill("News desk's headline")
            copy_desk.locator("li.item.lead").get_by_label("Headline").fill("Copy desk's headline")
            expect(copy_desk.locator(".leadplace h3")).to_have_text("Copy desk's headline")
            contexts[0].set_offline(False)
            expect(news_desk.get_by_role("alert")).to_contain_text(
                "not lost: choose which version to keep"
            )
            expect(news_desk.locator(".pairing", has_text="Headline")).to_contain_text(
                "Copy desk's headline"
            )
            expect(news_desk.get_by_label("Yours").first).to_have_value("News desk's headline")
            news_desk.get_by_role("button", name="Save mine").click()
            expect(news_desk.locator(".leadplace h3")).to_have_text("News desk's headline")
        finally:
            for context in contexts:
                context.close()

    chromium.run(work)
