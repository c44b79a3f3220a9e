"""/sources by HTTP: seen by editors, changed by publishers, in newsletter.toml and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.pipeline import settings_file
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather, gather_due
from newsletter.site.failed_sources import source_health
from newsletter.site.site import Site, open_site
from newsletter.store.audit import entries
from newsletter.store.users import Role
from newsletter.web.sources.source_form import key_of
from tests.factories.desk_browser import Browser, Page, visit
from tests.factories.site import make_site, publish
from tests.factories.web_requests import NOW
from tests.servers.feeds import FeedServer

EDITOR = "ed@press.example.org"
FEED = (
    "<rss version='2.0'><channel><title>Harbour News</title><item><title>Bridge opens</title>"
    "<link>https://example.org/bridge</link><guid>1</guid><category>News</category>"
    "<pubDate>Fri, 07 Mar 2025 09:30:00 GMT</pubDate></item></channel></rss>"
)
MORE = "[[newsletters.weekly.sources]]  # slow, but good\nfeed = '{feed}'\n"
PRIVATE = '[fetch]\nallow_private = ["127.0.0.0/8"]\ntimeout = "20s"\n'


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """A web server with a feed."""
    with FeedServer() as running:
        running.put("/feed.xml", FEED)
        yield running


@pytest.fixture
def site(tmp_path: Path, server: FeedServer) -> Iterator[Site]:
    """A site with a folder and a feed as its sources."""
    tables = MORE.format(feed=server.url("/feed.xml")) + PRIVATE
    site = make_site(
        tmp_path, now=NOW - timedelta(days=9), url="http://127.0.0.1:8000", tables=tables
    )
    yield site
    site.database.close()


def address_of(site: Site, number: int = 1) -> str:
    """The page of one of the sources."""
    return f"/sources/weekly/{key_of(site.settings.newsletters['weekly'].sources[number])}"


def form_with(page: Page, action: str) -> object:
    """The form whose button says this."""
    return page.tree.xpath(f"//form[.//button[@value='{action}']]")[0]


def test_a_source_is_changed_paused_and_removed_with_the_file_s_comments_kept(site: Site) -> None:
    """The site uses each change at once; a paused source is not read, and nobody is told of it."""
    here = address_of(site)

    async def work(browser: Browser) -> None:
        page = await browser.get(here)
        page = await browser.submit(
            form_with(page, "save"), "save", name="Harbour", tags="boats, sea", most="3"
        )
        assert "Saved." in page.words
        page = await browser.submit(form_with(page, "pause"), "pause")
        assert "Paused." in page.words

    visit(site, work, editor=EDITOR, now=NOW)
    text = (site.folder / "newsletter.toml").read_text(encoding="utf-8")
    assert "# slow, but good" in text
    assert 'tags = ["boats", "sea"]' in text
    source = site.settings.newsletters["weekly"].sources[1]
    assert (source.name, source.max_items, source.paused) == ("Harbour", 3, True)
    assert len(gather(site, "weekly", now=NOW)) == 1
    assert [one.source for one in gather_due(site, "weekly", now=NOW + timedelta(days=1))] != [
        "Harbour"
    ]
    with site.database.transaction(read_only=True) as connection:
        assert [one.location for one in source_health(site, connection, ["weekly"])] == ["articles"]

    async def go_on(browser: Browser) -> None:
        page = await browser.get(here)
        page = await browser.submit(form_with(page, "resume"), "resume")
        assert "It is read again." in page.words
        page = await browser.submit(form_with(page, "remove"), "remove")
        assert "Removed." in page.words
        assert (await browser.get(here)).status == 404

    visit(site, go_on, editor=EDITOR, now=NOW)
    again = open_site(site.folder, {})
    assert [one.location for one in again.settings.newsletters["weekly"].sources] == ["articles"]
    again.database.close()
    with site.database.transaction(read_only=True) as connection:
        what = [one.what for one in reversed(entries(connection, limit=9))]
    assert what == ["change source", "pause source", "resume source", "remove source"]


def test_a_file_that_was_changed_in_the_meantime_is_not_overwritten(site: Site) -> None:
    """The editor is told, what was typed stays in the form, and the file is as the other left it."""
    path = site.folder / "newsletter.toml"

    async def work(browser: Browser) -> None:
        page = await browser.get(address_of(site))
        path.write_text(path.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
        before = path.read_bytes()
        page = await browser.submit(form_with(page, "save"), "save", name="Typed", include="a\nb")
        assert page.status == 409
        assert "changed in the meantime" in page.words
        assert page.tree.xpath("//input[@name='name'][@value='Typed']")
        assert path.read_bytes() == before
        page = await browser.submit(form_with(page, "save"), "save", name="Typed", include="a\nb")
        assert "Saved." in page.words
        assert "# mine" in path.read_text(encoding="utf-8")

    visit(site, work, editor=EDITOR, now=NOW)


def test_what_is_not_valid_is_said_without_the_names_of_keys(site: Site) -> None:
    """A pattern that no program can use, and a number that is none."""
    before = (site.folder / "newsletter.toml").read_bytes()

    async def work(browser: Browser) -> None:
        for typed in ({"include": "/(/"}, {"most": "many"}, {"every": "1m"}):
            page = await browser.get(address_of(site))
            page = await browser.submit(form_with(page, "save"), "save", **typed)
            assert page.status == 409, typed
            assert "newsletter.toml" not in page.words
            assert "--" not in page.words

    visit(site, work, editor=EDITOR, now=NOW)
    assert (site.folder / "newsletter.toml").read_bytes() == before


def test_settings_that_cannot_be_written_are_shown_only(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the reason; no button promises what would fail."""
    monkeypatch.setattr(settings_file.os, "access", lambda *_given: False)

    async def work(browser: Browser) -> None:
        for address in ("/sources", address_of(site)):
            page = await browser.get(address)
            assert "may read the site's settings, but not write them" in page.words
            assert not page.tree.xpath("//button[@value='save' or @value='pause']")
            assert not page.tree.xpath("//form[contains(@action, 'sources/look')]")

    visit(site, work, editor=EDITOR, now=NOW)


def test_a_source_set_by_the_environment_is_not_changed_in_vain(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name in a file that does not count would look saved, and change nothing."""
    monkeypatch.setenv("NEWSLETTER__NEWSLETTERS__WEEKLY__SOURCES__1__NAME", "From outside")
    settings = open_site(site.folder, dict(settings_file.os.environ)).settings
    site.settings.newsletters["weekly"] = settings.newsletters["weekly"]

    async def work(browser: Browser) -> None:
        page = await browser.get(address_of(site))
        page = await browser.submit(form_with(page, "save"), "save", name="Mine")
        assert page.status == 409
        assert "set outside its file" in page.words

    visit(site, work, editor=EDITOR, now=NOW)


def test_an_address_is_looked_at_before_it_is_added(site: Site, server: FeedServer) -> None:
    """Its newest entries are shown; then it is in the file with name and tags."""
    server.put("/other.xml", FEED.replace("Harbour News", "Other News"))
    before = (site.folder / "newsletter.toml").read_text(encoding="utf-8")

    async def work(browser: Browser) -> None:
        page = await browser.get("/sources")
        form = page.tree.xpath("//form[contains(@action, 'sources/look')]")[0]
        refused = await browser.submit(form, url=server.url("/feed.xml"))
        assert refused.status == 409
        assert "has this source already" in refused.words
        page = await browser.submit(form, url=server.url("/other.xml"))
        assert "Bridge opens" in page.words
        assert (site.folder / "newsletter.toml").read_text(encoding="utf-8") == before
        page = await browser.submit(
            page.tree.xpath("//form[contains(@action, 'sources/add')]")[0], tags="sea"
        )
        assert "Added." in page.words
        assert "Other News" in page.words

    visit(site, work, editor=EDITOR, now=NOW)
    source = site.settings.newsletters["weekly"].sources[-1]
    assert (source.name, source.tags) == ("Other News", ("sea",))


def test_a_list_of_feeds_is_shown_before_it_is_added(site: Site) -> None:
    """What is new, what is there, what cannot be read; downloaded again, it has them all."""
    opml = (
        '<opml version="2.0"><body><outline text="Boats"><outline type="rss" text="Tides &amp; Co"'
        ' xmlUrl="https://tides.example/feed"/></outline><outline type="rss" text="Bad"'
        ' xmlUrl="ftp://x.example/f"/></body></opml>'
    )

    async def work(browser: Browser) -> None:
        page = await browser.get("/sources")
        token = page.tree.xpath("//input[@name='csrf']/@value")[0]
        answer = await browser._client.post(
            "/sources/opml",
            data={"csrf": token, "newsletter": "weekly"},
            files={"file": ("feeds.opml", opml.encode())},
        )
        assert "1 feed is new" in answer.text
        assert len(site.settings.newsletters["weekly"].sources) == 2
        shown = Page(status=200, url="/sources/opml", text=answer.text, headers=answer.headers)
        page = await browser.submit(
            shown.tree.xpath("//form[contains(@action, 'sources/opml')]")[0]
        )
        assert "The feeds were added." in page.words
        assert "https://tides.example/feed" in (await browser.get("/sources/export")).text

    visit(site, work, editor=EDITOR, now=NOW)
    source = site.settings.newsletters["weekly"].sources[-1]
    assert (source.name, source.tags) == ("Tides & Co", ("Boats",))


def test_how_sources_do_is_seen_at_a_glance(site: Site, server: FeedServer) -> None:
    """Failing, since when and why; what each brought to the last issues; and a test that stores nothing."""
    publish(site.folder, *(NOW - timedelta(hours=hours) for hours in (1, 2, 3)))
    gather(site, "weekly", now=NOW)
    draft(site, "weekly", now=NOW)
    server.put("/feed.xml", "nothing that is a feed")
    gather(site, "weekly", now=NOW)

    async def work(browser: Browser) -> None:
        page = await browser.get("/sources")
        assert "1 failing" in page.words
        assert "3 articles" in page.words
        assert not page.tree.xpath("//form[contains(@action, 'sources/look')]")
        server.put("/feed.xml", FEED)
        page = await browser.get(address_of(site))
        assert "Its stories may be missing." in page.words
        assert not page.tree.xpath("//button[@value='save']")
        page = await browser.submit(page.tree.xpath("//form[contains(@action, '/test')]")[0])
        assert "Bridge opens" in page.words

    visit(site, work, editor=EDITOR, now=NOW, role=Role.EDITOR)
