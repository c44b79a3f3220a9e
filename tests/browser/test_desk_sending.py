"""A send that does not get on looks like one, and the report's numbers agree at every moment."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from newsletter.pipeline.approve import approve
from newsletter.pipeline.draft import draft
from tests.browser.desk import DESK, open_desk, open_page
from tests.browsers import Chromium
from tests.demo.catcher import catching_mail
from tests.factories.desk import NOW
from tests.servers.ports import free_port

pytestmark = pytest.mark.browser


def sending(
    folder: Path, chromium: Chromium, port: int, watch: Callable[[Page], None], *, readers: int = 8
) -> None:
    """Start the send of an approved issue from the desk, and watch its report."""

    def work(browser: Browser) -> None:
        with open_desk(folder, readers=readers, relay={"port": port}) as office:
            approve(office.site, "weekly", draft(office.site, "weekly", now=NOW).number, now=NOW)
            context = office.sit_down(browser)
            page = open_page(context, f"{DESK}/publish")
            page.get_by_text("Send now").click()
            page.get_by_role("button", name=f"Send {readers} messages").click()
            page.wait_for_url("**/report")
            watch(page)
            context.close()

    chromium.run(work)


def test_a_dead_relay_looks_dead(chromium: Chromium, tmp_path: Path) -> None:
    """The report says that nothing goes out, and why, while the send still tries."""

    def watch(page: Page) -> None:
        alert = page.get_by_role("alert").first
        expect(alert).to_contain_text("Nothing goes out through main")
        expect(alert).to_contain_text("connect")
        expect(page.locator("#h-live")).to_have_text("Waiting for a relay")
        expect(page.locator("#problems .fine")).to_have_count(0)
        page.get_by_role("button", name="Stop sending").click()
        expect(page.locator("#h-live")).to_have_text("Stopped")
        expect(page.get_by_text("8 messages are not sent")).to_be_visible()

    sending(tmp_path, chromium, free_port(), watch)


def test_what_is_put_off_or_refused_is_named_with_its_next_try(
    chromium: Chromium, tmp_path: Path
) -> None:
    """The tiles, the reasons and the curve say the same; deferred messages have a time."""
    answers = {
        "reader0@example.net": "451 4.7.1 come back later",
        "reader1@example.net": "550 5.1.1 no such mailbox",
    }

    def watch(page: Page) -> None:
        expect(page.locator("#n-accepted")).to_have_text("6")
        expect(page.locator("#n-deferred")).to_have_text("1")
        expect(page.locator("#n-rejected")).to_have_text("1")
        expect(page.locator("#problems")).to_contain_text("come back later")
        expect(page.locator("#problems")).to_contain_text("no such mailbox")
        expect(page.locator(".plot")).to_have_attribute(
            "aria-label", re.compile("^6 messages accepted")
        )
        expect(page.get_by_text("1 message was put off; it is tried again at")).to_be_visible()

    with catching_mail() as catcher, catcher.answering(lambda to: answers.get(to, "")):
        sending(tmp_path, chromium, catcher.port, watch)
