"""/desk by HTTP: what an editor sees first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.issues.review import Remark
from newsletter.pipeline.approve import approve, hold, stop
from newsletter.pipeline.ask_approval import ask_for_approval
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.receive import receive
from newsletter.pipeline.review import comment
from newsletter.pipeline.send import begin
from newsletter.site.site import Site
from newsletter.store.users import Role
from newsletter.web.home.facts import FactsReader
from newsletter.web.home.home import home_of
from tests.factories.desk_browser import Browser, visit
from tests.factories.editors import add_editor
from tests.factories.issues import DUE
from tests.factories.site import make_site, publish
from tests.factories.web_requests import NOW

EDITOR = "ed@press.example.org"
INBOUND = '[inbound]\ndomain = "news.example.org"\nmaildir = "Maildir"\n'
MISSING = '[[newsletters.weekly.sources]]\nname = "Harbour"\nfolder = "not-there"\n' + INBOUND
LARGE = ("subscribers", "subscriptions", "deliveries", "receipts", "history", "subscriber_words")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site with a drafted issue and a source that cannot be read."""
    site = make_site(
        tmp_path,
        now=NOW - timedelta(days=2),
        url="http://127.0.0.1:8000",
        approval="hold",
        tables=MISSING,
    )
    publish(tmp_path, *(NOW - timedelta(hours=hours) for hours in (1, 2, 3)))
    gather(site, "weekly", now=NOW)
    draft(site, "weekly", now=NOW)
    yield site
    site.database.close()


def test_what_needs_a_person_is_said_with_the_way_to_it(site: Site) -> None:
    """The issue that is held, the request, the comment, the source and the mail; each leads somewhere."""
    editor = add_editor(site, EDITOR)
    ask_for_approval(site, "weekly", 1, editor=editor, note="", now=NOW)
    comment(
        site, "weekly", 1, Remark(article_key="", about="", name="Ann", text="A word."), now=NOW
    )
    letter = b"From: jo@example.net\nTo: weekly@news.example.org\nMessage-ID: <1@x.test>\n\nHi\n"
    receive(site, letter, recipient="weekly@news.example.org", envelope_sender="jo@x.test", now=NOW)

    async def work(browser: Browser) -> None:
        page = await browser.get("/desk")
        assert "You are asked to approve No. 1." in page.words
        assert "1 comment on No. 1 waits for an answer." in page.words
        assert "Harbour cannot be read" in page.words
        assert "3 articles" in page.words
        assert "4 subscribers" in page.words
        hold(site, "weekly", 1)
        page = await browser.get("/desk")
        assert "No. 1 is held and does not go out by itself." in page.words
        links = page.tree.xpath("//section[contains(@class, 'needs')]//a/@href")
        assert len(links) >= 3
        for link in links:
            assert (await browser.get(link.partition("#")[0])).status == 200, link

    visit(site, work, editor=EDITOR, now=NOW)


def test_an_editor_is_not_led_where_only_publishers_may_go(site: Site) -> None:
    """No link to readers, and no step of the first issue."""

    async def work(browser: Browser) -> None:
        page = await browser.get("/desk")
        assert not page.tree.xpath("//main//a[contains(@href, '/people')]")
        assert not page.tree.xpath("//main//a[contains(@href, '/settings')]")
        assert "Harbour cannot be read" in page.words

    visit(site, work, editor=EDITOR, now=NOW, role=Role.EDITOR)


def test_a_running_send_and_the_last_issue_are_told(site: Site) -> None:
    """From the counts that the ledger keeps."""
    approve(site, "weekly", 1, now=NOW)
    begin(site, "weekly", 1, now=DUE)

    async def work(browser: Browser) -> None:
        page = await browser.get("/desk")
        assert "Sending begins" in page.words
        stop(site, "weekly", 1)
        page = await browser.get("/desk")
        assert "The sending of No. 1 is stopped." in page.words
        assert "To your first issue" not in page.words

    visit(site, work, editor=EDITOR, now=DUE)


def test_no_table_that_grows_with_readers_is_read(site: Site) -> None:
    """However many readers there are: the page asks for counts that are kept."""
    said: list[str] = []

    def note(*given: object) -> None:
        said.append(str(given[2]))

    reader = FactsReader(site)
    reader.read(NOW)  # the checks of the coming issue are kept
    sa.event.listen(site.database.engine, "before_cursor_execute", note)
    facts = reader.read(NOW)
    sa.event.remove(site.database.engine, "before_cursor_execute", note)
    assert home_of(facts[0]).facts.readers == 4
    assert len(said) > 5
    read = {word.strip('"(),') for statement in said for word in statement.split()}
    assert read.isdisjoint(LARGE)
