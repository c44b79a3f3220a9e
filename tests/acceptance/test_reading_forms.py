"""A reader who needs large type and high contrast: set by an editor, changed by the reader, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.acceptance.conftest import SiteMaker
from tests.acceptance.site import NOW, CommandLine
from tests.axe import objections_in_both_modes
from tests.browsers import Chromium
from tests.demo.catcher import MailCatcher
from tests.factories.office import Office, open_office

pytestmark = [pytest.mark.browser]

READER, COMMANDED = "reader01@example.org", "large@example.org"


@pytest.fixture
def site(new_site: SiteMaker) -> CommandLine:
    """A site with an approved issue; one more reader was added by command."""
    site = new_site("approved")
    site.done("subscribers", "add", COMMANDED, "--list", "weekly", "--mail-format", "large")
    assert "mails: large" in site.done("subscribers", "show", COMMANDED).out
    assert (
        site("subscribers", "add", COMMANDED, "--list", "weekly", "--mail-format", "x").code == 65
    )
    return site


@pytest.fixture
def office(site: CommandLine) -> Iterator[Office]:
    """The desk of the site."""
    with open_office(Path(site.folder)) as running:
        yield running


def test_a_form_is_chosen_by_hand_and_by_command(
    office: Office, site: CommandLine, catcher: MailCatcher, chromium: Chromium
) -> None:
    """The issue comes so; the reader then chooses another form on the preferences page."""

    def choose(browser: Browser) -> None:
        page = office.sit_down(browser).new_page()
        page.goto(f"/people?q={READER}")
        page.get_by_role("link", name=READER).first.click()
        page.get_by_label("How mails look").select_option(label="Large type and high contrast")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_label("How mails look")).to_have_value("large-contrast")
        assert objections_in_both_modes(page) == []
        page.context.close()

    chromium.run(choose)
    before = len(catcher.mails)
    site.done("send", "weekly", now=NOW)
    mails = {mail.recipient: mail.part("html") for mail in catcher.mails[before:]}
    colours = {
        name: set(re.findall(r"(?<![-\w])color:(#\w+)", html)) for name, html in mails.items()
    }
    assert colours[READER] == {"#000000", "#ffffff"}
    assert len(colours[COMMANDED]) > 2
    plain = next(html for name, html in mails.items() if name not in (READER, COMMANDED))
    assert "font-size:13px" in plain
    assert "font-size:17px" in mails[COMMANDED]
    link = re.search(r'href="https?://[^/]+(/p/[^"]+)"', mails[READER])
    assert link is not None

    def change(browser: Browser) -> None:
        page = browser.new_page(base_url=office.base)
        page.goto(link[1])
        expect(page.get_by_role("radio", name="Large type and high contrast")).to_be_checked()
        assert objections_in_both_modes(page) == []
        page.get_by_role("radio", name="High contrast", exact=True).check(force=True)
        page.get_by_role("button", name="Save").first.click()
        page.goto(link[1])
        expect(page.get_by_role("radio", name="High contrast", exact=True)).to_be_checked()
        page.close()

    chromium.run(change)
    assert "mails: contrast" in site.done("subscribers", "show", READER).out
