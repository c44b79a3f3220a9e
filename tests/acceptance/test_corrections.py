"""An editor finds an error in what was sent: a publisher corrects it by hand, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.acceptance.conftest import SiteMaker
from tests.acceptance.site import NOW
from tests.axe import objections_in_both_modes
from tests.browsers import Chromium
from tests.demo.catcher import MailCatcher
from tests.factories.office import COPY_DESK, NEWS_DESK, Office, open_office

pytestmark = [pytest.mark.browser]

TEXT = "The valve was fitted in 1987, not in 1978."
NEW = "https://press.example.org/the-valve-again"


@pytest.fixture
def office(new_site: SiteMaker) -> Iterator[Office]:
    """An issue that was sent."""
    site = new_site("approved")
    site.done("send", "weekly", now=NOW)
    with open_office(Path(site.folder)) as running:
        yield running


def test_a_publisher_corrects_a_story(
    office: Office, catcher: MailCatcher, chromium: Chromium
) -> None:
    """Another editor writes it; the count that the page names is the count of mails that go."""
    before = len(catcher.mails)
    shown: list[str] = []

    def work(browser: Browser) -> None:
        writer = office.sit_down(browser, COPY_DESK)
        page = writer.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"the page's script failed: {error}"))
        page.goto("/desk/weekly/1/report")
        page.get_by_role("link", name="Correct a story").click()
        story = page.get_by_role("combobox", name="Story").locator("option").nth(1).inner_text()
        page.get_by_role("combobox", name="Story").select_option(label=story)
        page.get_by_label("What was wrong").fill(TEXT)
        page.get_by_label("New link").fill(NEW)
        page.get_by_role("button", name="Write and preview").click()
        mail = page.frame_locator("iframe[title='The mail of the correction']")
        expect(mail.get_by_text(TEXT)).to_be_visible()
        expect(mail.get_by_role("link", name=story)).to_have_attribute("href", NEW)
        expect(page.get_by_text("Nothing is sent yet.")).to_be_visible()
        assert objections_in_both_modes(page) == []
        page.set_viewport_size({"width": 375, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        writer.close()
        publisher = office.sit_down(browser, NEWS_DESK)
        page = publisher.new_page()
        page.goto("/desk/weekly/1/corrections")
        assert len(catcher.mails) == before
        page.get_by_text("Send it …").click()
        send = page.get_by_role("button", name="Send to")
        shown.append(send.inner_text())
        send.click()
        expect(page.get_by_text("Approved by news@news.example.org")).to_be_visible()
        assert catcher.wait_for(before + 1)
        expect(page.get_by_role("button", name="Send to")).to_have_count(0)
        page.goto("/archive/weekly/1")
        expect(page.get_by_role("note")).to_contain_text(TEXT)
        expect(page.get_by_role("note")).to_contain_text("Corrected on")
        expect(page.get_by_role("link", name=story).first).to_have_attribute("href", NEW)
        publisher.close()

    chromium.run(work)
    count = int(shown[0].split()[2])
    assert count > 1
    assert catcher.wait_for(before + count)
    mails = catcher.mails[before:]
    assert len({mail.recipient for mail in mails}) == len(mails) == count
    copies = {mail.recipient: mail.message for mail in catcher.mails[:before]}
    for mail in mails:
        assert TEXT in mail.part("plain")
        assert mail.message["In-Reply-To"] == copies[mail.recipient]["Message-ID"]
