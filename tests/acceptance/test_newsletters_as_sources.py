"""A newsletter of others arrives by mail; a publisher confirms its sender, an editor adds a story."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather_due
from newsletter.pipeline.receive import receive
from newsletter.store.users import Role
from tests.acceptance.conftest import SiteMaker
from tests.acceptance.site import NOW, CommandLine
from tests.axe import objections_in_both_modes
from tests.browsers import Chromium
from tests.factories.mailed import digest, mail
from tests.factories.office import COPY_DESK, NEWS_DESK, Office, open_office
from tests.factories.suggestions import HOST, PAGE, let_lead_to_loopback
from tests.servers.feeds import FeedServer

pytestmark = [pytest.mark.browser]

ADDRESS = "in@news.example.org"
TITLE = "The old lock opens again"
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
def site(new_site: SiteMaker) -> CommandLine:
    """A drafted issue of a newsletter with a source by mail."""
    site = new_site("drafted")
    path = site.folder / "newsletter.toml"
    tables = (
        '\n[inbound]\ndomain = "news.example.org"\n\n[[newsletters.weekly.sources]]\n'
        f'mail = "{ADDRESS}"\nname = "Morning letters"\n'
    )
    path.write_text(path.read_text(encoding="utf-8") + tables, encoding="utf-8")
    site.done("check")
    return site


@pytest.fixture
def office(site: CommandLine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """It is served, and a digest has come whose links lead to a public article and to another one."""
    let_lead_to_loopback(monkeypatch)
    with FeedServer() as server, open_office(Path(site.folder)) as running:
        server.put("/lock", PAGE.format(title=TITLE), "text/html; charset=utf-8")
        server.put("/pool", PAGE.format(title="The pool"), "text/html; charset=utf-8")
        base = f"http://{HOST}:{server.port}"
        stories = (
            (TITLE, f"{base}/lock", "It was shut for years."),
            ("The pool stays open all winter", f"{base}/pool", "Swimmers are glad."),
        )
        receive(
            running.site,
            mail(digest(*stories), to=ADDRESS, text="To get it, open https://a.example/yes"),
            recipient=ADDRESS,
            envelope_sender="bounce@mailer.example",
            now=NOW,
        )
        yield running


def read_mail(office: Office) -> None:
    """What `serve` does a little later."""
    gather_due(office.site, "weekly", now=LATER)
    draft(office.site, "weekly", now=LATER)


def test_a_publisher_confirms_the_sender_and_an_editor_adds_a_story(
    office: Office, site: CommandLine, chromium: Chromium
) -> None:
    """Sources, the waiting mail, Confirm; then the shelf of the issue, Add."""

    def confirm(browser: Browser) -> None:
        publisher = office.sit_down(browser, NEWS_DESK)
        page = publisher.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"the page's script failed: {error}"))
        page.goto("/sources")
        assert objections_in_both_modes(page) == []
        page.get_by_role("link", name="Today").click()
        expect(page.get_by_text("To get it, open https://a.example/yes")).to_be_visible()
        assert objections_in_both_modes(page) == []
        page.set_viewport_size({"width": 375, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        page.get_by_role("button", name="Confirm the sender").click()
        expect(page.get_by_text("Mail of this sender is read from now on.")).to_be_visible()
        expect(page.get_by_text("waits for you")).to_have_count(0)
        publisher.close()

    def add(browser: Browser) -> None:
        editor = office.sit_down(browser, COPY_DESK, role=Role.EDITOR)
        page = editor.new_page()
        page.goto("/desk/weekly/1")
        shelf = page.locator("#tray-from-newsletters-by-mail")
        expect(shelf.get_by_role("link", name=TITLE)).to_be_visible()
        expect(page.locator(".item").filter(has_text=TITLE)).to_have_count(0)
        shelf.get_by_role("button", name=f"Add: {TITLE}").click()
        expect(page.locator(".item").filter(has_text=TITLE).first).to_be_visible()
        editor.close()

    chromium.run(confirm)
    assert 'senders = ["daily@digest.example"]' in (site.folder / "newsletter.toml").read_text()
    read_mail(office)
    chromium.run(add)
    shown = site.done("show", "weekly", "--json").document
    assert TITLE in {item["title"] for item in shown["items"]}


def test_an_address_is_added_at_the_desk_and_by_command(
    office: Office, site: CommandLine, chromium: Chromium
) -> None:
    """A mail address in the field for sources; what no mail can reach is refused with the reason."""

    def add(browser: Browser) -> None:
        publisher = office.sit_down(browser, NEWS_DESK)
        page = publisher.new_page()
        page.goto("/sources")
        for address, said in (
            ("weekly-owner@news.example.org", "is an address of one of the lists"),
            ("letters@news.example.org", "Added. Subscribe this address"),
        ):
            page.get_by_label("Add a source").fill(address)
            page.get_by_role("button", name="Look at it").click()
            expect(page.get_by_text(said)).to_be_visible()
        publisher.close()

    chromium.run(add)
    dry = site.done("sources", "add", "in+weekly@news.example.org", "--dry-run", "--json").document
    assert dry["source"] == {"mail": "in+weekly@news.example.org"}
    site.done("sources", "add", "in+weekly@news.example.org", "--name", "Others")
    kinds = {
        one["location"]: one["kind"]
        for one in site.done("sources", "list", "--json").document["sources"]
    }
    assert kinds["letters@news.example.org"] == kinds["in+weekly@news.example.org"] == "mail"
    assert site("sources", "add", "in+weekly@news.example.org").code == 65


def test_a_waiting_mail_is_taken_by_command(office: Office, site: CommandLine) -> None:
    """List, show and take; the stories are offered, and the sender stays unconfirmed."""
    (held,) = site.done("sources", "mail", "list", "--json").document["mail"]
    shown = site.done("sources", "mail", "show", str(held["id"]), "--json").document
    assert "To get it" in shown["text"]
    site.done("sources", "mail", "take", str(held["id"]), now=NOW)
    read_mail(office)
    left_out = site.done("show", "weekly", "--json").document["left_out"]
    assert {"title": TITLE, "reason": "came by mail, from Morning letters"} in [
        {"title": out["title"], "reason": out["reason"]} for out in left_out
    ]
    assert "senders" not in (site.folder / "newsletter.toml").read_text()
