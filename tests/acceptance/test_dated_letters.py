"""A publisher writes a letter to new readers, by hand in a real browser; another is written by command."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.acceptance.conftest import SiteMaker
from tests.acceptance.site import NOW, CommandLine
from tests.axe import objections_in_both_modes
from tests.browsers import Chromium
from tests.demo.catcher import MailCatcher
from tests.factories.dated_letters import confirm
from tests.factories.office import NEWS_DESK, Office, open_office

pytestmark = [pytest.mark.browser]

WORDS = "The **best** of last year:\n\n- [The valve](https://press.example.org/valve)\n- The bridge"
DAY = timedelta(days=1)


@pytest.fixture
def site(new_site: SiteMaker) -> CommandLine:
    """A site whose newsletter comes once a year, so that other weeks are free for letters."""
    site = new_site("new")
    settings = Path(site.folder) / "newsletter.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace('schedule = "0 7 * * mon"', 'schedule = "0 7 1 12 *"'), "utf-8"
    )
    return site


@pytest.fixture
def office(site: CommandLine) -> Iterator[Office]:
    """The desk of the site."""
    with open_office(Path(site.folder)) as running:
        yield running


def test_a_publisher_writes_a_letter_and_new_readers_get_it(
    office: Office, site: CommandLine, catcher: MailCatcher, chromium: Chromium
) -> None:
    """Previewed as it would be, tested, saved, changed, undone; then `run` sends what was saved."""
    before = len(catcher.mails)

    def work(browser: Browser) -> None:
        page = office.sit_down(browser).new_page()
        page.on("pageerror", lambda error: pytest.fail(f"the page's script failed: {error}"))
        page.goto("/settings")
        page.get_by_role("link", name="Letters to new readers").first.click()
        assert objections_in_both_modes(page) == []
        page.get_by_label("Days after joining").fill("2")
        page.get_by_label("Subject").fill("Start here")
        page.get_by_role("textbox", name="Letter").fill(WORDS)
        page.get_by_role("button", name="Preview").click()
        mail = page.frame_locator("iframe[title='The mail as it would be']")
        expect(mail.get_by_role("heading", name="Start here")).to_be_visible()
        link = mail.get_by_role("link", name="The valve")
        expect(link).to_have_attribute("href", "https://press.example.org/valve")
        assert len(page.get_by_text("waiting").all()) == 0
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("It goes out by itself from now on")).to_be_visible()
        expect(page.get_by_role("heading", name="Day 2: Start here")).to_be_visible()
        assert objections_in_both_modes(page) == []
        for width in (375, 320):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.set_viewport_size({"width": 1280, "height": 900})
        page.get_by_role("button", name="Send a test to me").click()
        expect(page.get_by_text("A test is on its way.")).to_be_visible()
        first = page.locator("section.panel").first
        first.get_by_label("Subject").fill("Begin there")
        first.get_by_role("button", name="Save").click()
        expect(page.get_by_role("heading", name="Day 2: Begin there")).to_be_visible()
        page.get_by_role("button", name="Undo the last change").click()
        expect(page.get_by_role("heading", name="Day 2: Start here")).to_be_visible()
        page.context.close()

    chromium.run(work)
    assert catcher.wait_for(before + 1)
    (test,) = catcher.mails[before:]
    assert (test.recipient, str(test.message["Subject"])) == (NEWS_DESK, "[TEST] Start here")
    confirm(office.site, "new@example.org", at=NOW)
    for days in (1, 2, 3):
        site.done("run", now=NOW + days * DAY)
    (mail,) = catcher.mails[before + 1 :]
    assert (mail.recipient, str(mail.message["Subject"])) == ("new@example.org", "Start here")
    assert mail.part("html").count("https://press.example.org/valve") == 1
    status = site.done("status", "--json").document["dated_letters"]
    assert [(one["letter"], one["readers"]["accepted"]) for one in status] == [
        ("weekly/letter-1", 1)
    ]


def test_a_letter_is_written_changed_and_deleted_by_command(
    site: CommandLine, catcher: MailCatcher
) -> None:
    """The same words twice are one version; a third letter is refused, and a day out of range too."""
    file = Path(site.folder) / "letter.md"
    file.write_text(WORDS, encoding="utf-8")
    line = ("letters", "write", "weekly", "--subject", "Start here", "--text-file", str(file))
    dry = site.done(*line, "--days", "5", "--dry-run", "--json", now=NOW).document
    assert "The valve" in dry["text"]
    assert site.done("letters", "list", "weekly").out.strip() == "weekly: no letters"
    site.done(*line, "--days", "5", now=NOW)
    site.done(*line, "--days", "5", now=NOW)
    line = (*line, "--letter", "1")
    site.done(*line, "--days", "5", now=NOW)
    shown = site.done("letters", "show", "weekly", "1", "--json").document
    assert len(shown["versions"]) == 1
    site.done(*line, "--days", "6", now=NOW)
    assert "day 6" in site.done("letters", "list", "weekly", now=NOW).out
    site.done("letters", "undo", "weekly", "1", now=NOW)
    assert "day 5" in site.done("letters", "list", "weekly", now=NOW).out
    before = len(catcher.mails)
    site.done("letters", "test", "weekly", "1", "--to", "weekly@news.example.org", now=NOW)
    assert str(catcher.mails[before].message["Subject"]) == "[TEST] Start here"
    new = line[: line.index("--letter")]
    site.done(*new, "--days", "9", now=NOW)
    assert site(*new, "--days", "12").code == 77
    assert site(*line, "--days", "61").code == 2
    site.done("letters", "delete", "weekly", "1", now=NOW)
    assert site("letters", "show", "weekly", "1").code != 0
