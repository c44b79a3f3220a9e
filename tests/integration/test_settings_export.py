"""/settings/export by HTTP: publishers take everybody and every issue along."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.pipeline.year import year_documents
from newsletter.site.site import Site
from newsletter.store.audit import entries
from newsletter.store.tables import issues
from newsletter.web.settings.export_page import zipped, zipped_issues
from tests.factories.desk_browser import Browser, visit
from tests.factories.site import READERS, make_site
from tests.factories.web_requests import NOW, WebSite

EDITOR = "ed@press.example.org"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site with readers."""
    site = make_site(tmp_path, now=NOW - timedelta(days=9), url="http://127.0.0.1:8000")
    yield site
    site.database.close()


def test_everybody_is_one_line_each(site: Site) -> None:
    """As by command, and the record says who took them."""

    async def work(browser: Browser) -> None:
        page = await browser.get("/settings/export")
        form = page.tree.xpath("//form[.//input[@value='everybody']]")[0]
        file = await browser.submit(form)
        people = [json.loads(line) for line in file.text.splitlines()]
        assert sorted(person["address"] for person in people) == sorted(READERS)

    visit(site, work, editor=EDITOR, now=NOW)
    with site.database.transaction(read_only=True) as connection:
        assert entries(connection, limit=1)[0].what == "export everybody"


def test_what_cannot_be_taken_is_refused(site: Site) -> None:
    """A form that names something else."""

    async def work(browser: Browser) -> None:
        page = await browser.get("/settings/export")
        form = page.tree.xpath("//form[.//input[@value='everybody']]")[0]
        refused = await browser.submit(form, what="keys")
        assert refused.status == 409
        assert "no such file" in refused.words

    visit(site, work, editor=EDITOR, now=NOW)


def test_a_year_is_a_page_a_mail_and_an_article(tmp_path: Path) -> None:
    """In one ZIP file named after newsletter and year; a year without issues is said to have none."""
    web = WebSite(tmp_path)
    web.put_back("stopped")
    with web.site.database.transaction() as connection:
        connection.execute(sa.update(issues).values(state="sent"))

    async def work(browser: Browser) -> None:
        page = await browser.get("/settings/export")
        form = page.tree.xpath("//form[.//input[@value='year']]")[0]
        assert (await browser.submit(form, year=str(NOW.year))).status == 200
        for year in ("1999", "soon", "-5", "99999"):
            page = await browser.get("/settings/export")
            form = page.tree.xpath("//form[.//input[@value='year']]")[0]
            refused = await browser.submit(form, year=year)
            assert refused.status == 409
            assert "othing was sent to everybody" in refused.words

    visit(web.site, work, editor=EDITOR, now=NOW)
    content = b"".join(zipped(year_documents(web.site, "weekly", NOW.year, now=NOW)))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["index.html", "mail.html", "mail.txt", "year.md"]
        assert "<svg" in archive.read("index.html").decode()
    web.site.database.close()


def test_every_issue_is_in_the_archive(tmp_path: Path) -> None:
    """Sent issues in both forms, in a file that any program unpacks."""
    web = WebSite(tmp_path)
    web.put_back("stopped")
    content = b"".join(zipped_issues(web.site))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
    assert [name for name in names if name.startswith("weekly/markdown/") and "-weekly-1." in name]
    assert [name for name in names if name.startswith("weekly/html/") and "-weekly-1." in name]
    web.site.database.close()
