"""The five steps to a first issue by HTTP: they write newsletter.toml, and end at a test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.errors import UnavailableError
from newsletter.pipeline import settings_file
from newsletter.pipeline.approve import approve
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.init import init
from newsletter.pipeline.send import begin
from newsletter.site.site import Site, open_site
from newsletter.store.audit import entries
from newsletter.store.users import Role
from newsletter.web.home.home import Step
from tests.factories.desk_browser import Browser, Page, visit
from tests.factories.issues import DUE
from tests.factories.site import make_site, publish
from tests.factories.web_requests import NOW

EDITOR = "ed@press.example.org"
START = "/settings/newsletters/weekly/start"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site as `init` writes it, at an address that a test can ask for."""
    init(tmp_path, now=NOW)
    path = tmp_path / "newsletter.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("https://news.example.org", "http://127.0.0.1:8000"), "utf-8")
    site = open_site(tmp_path, {})
    yield site
    site.database.close()


def main_form(page: Page, step: str) -> object:
    """The form that goes on to the next step."""
    return page.tree.xpath(f"//form[contains(@action, '/start/{step}')]")[0]


def test_five_steps_lead_from_a_new_site_to_a_test(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each saves what it asks for with the comments kept; Home says which are done and which is next."""
    taken: list[str] = []
    monkeypatch.setattr(
        "newsletter.web.editor.publish_page.send_test",
        lambda *_given, to, **_named: taken.append(to) or type("R", (), {"relay": "main", "code": 250, "text": "ok"}),
    )  # fmt: skip

    async def work(browser: Browser) -> None:
        page = await browser.get("/desk")
        assert "To your first issue" in page.words
        assert "0 of 5 done" in page.words
        page = await browser.get(
            page.tree.xpath("//a[contains(@class, 'button primary')]/@href")[0]
        )
        assert "Step 1 of 5" in page.words
        page = await browser.submit(
            main_form(page, "sender"), title="Harbour Weekly", sender_name="Harbour",
            sender_address="news@harbour-press.net", postal_address="1 Quay, Harbourtown",
        )  # fmt: skip
        assert "Step 2 of 5" in page.words
        assert page.tree.xpath("//form[contains(@action, '/sources/look')]")
        page = await browser.submit(main_form(page, "sources"))
        assert "Step 3 of 5" in page.words
        page = await browser.submit(main_form(page, "readers"))
        assert page.tree.xpath("//iframe")
        page = await browser.submit(
            main_form(page, "look"), look="gazette:", day_mon="", day_sat="yes", time="06:30"
        )
        assert "Step 5 of 5" in page.words
        page = await browser.submit(page.tree.xpath("//form[contains(@action, '/draft')]")[0])
        page = await browser.get(f"{START}/test")
        form = page.tree.xpath("//form[contains(@action, '/test')]")[0]
        page = await browser.submit(form, to="news@harbour-press.net")
        assert "A test went to" in page.words
        page = await browser.get("/desk")
        assert "5 of 5 done" in page.words

    visit(site, work, editor=EDITOR, now=NOW)
    assert taken == ["news@harbour-press.net"]
    weekly = site.settings.newsletters["weekly"]
    assert (weekly.title, weekly.sender.address) == ("Harbour Weekly", "news@harbour-press.net")
    assert (weekly.theme, weekly.schedule) == ("gazette", "30 6 * * sat")
    text = (site.folder / "newsletter.toml").read_text(encoding="utf-8")
    assert 'postal_address = "1 Quay, Harbourtown"' in text
    assert "# cron; days of the week by name" in text
    with site.database.transaction(read_only=True) as connection:
        through = [one.detail for one in entries(connection, limit=30) if one.what == "set up"]
    assert through == [f"weekly: {step}" for step in ("look", "readers", "sources", "sender")]


def test_what_cannot_be_saved_stays_on_the_step(site: Site) -> None:
    """With the reason and with what was typed; nothing of the step is recorded as done."""
    before = (site.folder / "newsletter.toml").read_text(encoding="utf-8")

    async def work(browser: Browser) -> None:
        page = await browser.get(f"{START}/sender")
        page = await browser.submit(
            main_form(page, "sender"), sender_address="nobody", tagline="Typed"
        )
        assert page.status == 409
        assert "not an e-mail address" in page.words
        assert page.tree.xpath("//input[@name='tagline'][@value='Typed']")
        assert "0 of 5 done" in (await browser.get("/desk")).words
        for path in (f"{START}/none", "/settings/newsletters/no/start/sender"):
            assert (await browser.get(path)).status == 404, path

    visit(site, work, editor=EDITOR, now=NOW)
    assert (site.folder / "newsletter.toml").read_text(encoding="utf-8") == before


def test_a_file_that_cannot_be_written_stops_nobody(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps say why they cannot change it, and lead on."""
    monkeypatch.setattr(settings_file.os, "access", lambda *_given: False)

    async def work(browser: Browser) -> None:
        page = await browser.get(f"{START}/sender")
        for step in Step:
            assert "may read the site's settings, but not write them" in page.words, step
            page = await browser.submit(main_form(page, step.value))
        assert page.url == "/desk"

    visit(site, work, editor=EDITOR, now=NOW)


class FakeDns:
    """A DNS in which nothing is published."""

    def txt(self, _name: str) -> list[str]:
        """Nothing."""
        return []

    def mx(self, _name: str) -> list[str]:
        """Nothing."""
        return []

    def has_address(self, _name: str) -> bool:
        """No."""
        return False


class DeadDns(FakeDns):
    """A DNS that does not answer."""

    def txt(self, _name: str) -> list[str]:
        """No answer."""
        raise UnavailableError("the DNS does not answer")


def test_the_domain_is_checked_when_somebody_asks(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is missing, with the record to publish; a DNS that is dead is an error and no page of ours."""

    async def work(browser: Browser) -> None:
        page = await browser.get(f"{START}/sender")
        form = page.tree.xpath("//form[contains(@action, '/domain')]")[0]
        monkeypatch.setattr("newsletter.web.settings.start_page.LiveRecords", FakeDns)
        page = await browser.submit(form)
        assert "no SPF record" in page.words
        assert "v=DMARC1; p=none" in page.words
        assert "[dkim]" not in page.words
        monkeypatch.setattr("newsletter.web.settings.start_page.LiveRecords", DeadDns)
        page = await browser.submit(form)
        assert page.status == 409
        assert "cannot be looked up at present. Try again later." in page.words

    visit(site, work, editor=EDITOR, now=NOW)


def test_steps_end_when_an_issue_went_out(tmp_path: Path) -> None:
    """Home shows them no more; who comes by an old link is told."""
    folder = tmp_path / "other"
    folder.mkdir()
    site = make_site(folder, now=NOW - timedelta(days=2), url="http://127.0.0.1:8000")
    publish(folder, *(NOW - timedelta(hours=hours) for hours in (1, 2, 3)))
    gather(site, "weekly", now=NOW)
    draft(site, "weekly", now=NOW)

    async def before(browser: Browser) -> None:
        assert "To your first issue" in (await browser.get("/desk")).words

    async def after(browser: Browser) -> None:
        assert "To your first issue" not in (await browser.get("/desk")).words
        assert "these steps are behind you" in (await browser.get(f"{START}/look")).words

    async def as_editor(browser: Browser) -> None:
        assert "To your first issue" not in (await browser.get("/desk")).words

    visit(site, before, editor=EDITOR, now=NOW)
    visit(site, as_editor, editor="jo@press.example.org", now=NOW, role=Role.EDITOR)
    approve(site, "weekly", 1, now=NOW)
    begin(site, "weekly", 1, now=DUE)
    visit(site, after, editor=EDITOR, now=DUE)
    site.database.close()
