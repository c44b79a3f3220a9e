"""The pictures of blocks, and the logo: uploaded, cropped and taken away by HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.issues.blocks import Block, BlockKind
from newsletter.issues.edits import PutBlock
from newsletter.pipeline.edit import EditRequest, edit
from newsletter.pipeline.reader_copy import Reader, copy_for
from newsletter.site.site import Site
from newsletter.store.users import Role
from tests.factories.desk_browser import Browser, visit
from tests.factories.drawn import drawn
from tests.factories.picture_site import (
    ADDRESS,
    DESK,
    EDITOR,
    drafted_site,
    form_of,
    issue_of,
    kept,
    size_of,
)
from tests.factories.web_requests import NOW

LOGO = "/settings/newsletters/weekly/logo"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site with a drafted issue."""
    with drafted_site(tmp_path / "site") as site:
        yield site


def test_a_blocks_picture_stands_above_its_text_and_stays_when_that_is_changed(site: Site) -> None:
    """It is cropped like an article's, and can be taken away."""
    block = Block(id="ad", kind=BlockKind.SPONSOR, title="Ropes", text="They hold.")
    request = EditRequest(newsletter="weekly", number=1, editor=EDITOR, seen_version=0)
    edit(site, request, [PutBlock(block=block)], now=NOW)

    def shown() -> Block:
        return issue_of(site).blocks[0]

    async def work(browser: Browser) -> None:
        page = await browser.get(DESK)
        form = page.tree.xpath("//form[@id='upload-ad']")[0]
        await browser.upload(
            form, "upload", ("ad.png", drawn("PNG", size=(1040, 520))), alt="A rope"
        )
        assert shown().picture is not None
        form = page.tree.xpath("//form[@id='form-block-ad']")[0]
        await browser.submit(form, "block", text="They hold well.")
        assert (shown().text, shown().picture is not None) == ("They hold well.", True)
        page = await browser.get(f"{DESK}/picture?block=ad")
        await browser.submit(form_of(page, "/picture", "crop"), "crop", shape="square")
        picture = shown().picture
        assert picture is not None
        assert (picture.width, picture.height, picture.alt) == (520, 520, "A rope")

    visit(site, work, editor=EDITOR, now=NOW, role=Role.EDITOR)
    picture = shown().picture
    assert picture is not None
    copy = copy_for(site, issue_of(site), Reader(), now=NOW)
    assert f'<img src="{picture.url}" alt="A rope" width="520"' in copy.html
    assert "A rope\n\nThey hold well." in copy.text

    async def remove(browser: Browser) -> None:
        page = await browser.get(f"{DESK}/picture?block=ad")
        await browser.submit(form_of(page, "/picture", "remove"), "remove")

    visit(site, remove, editor=EDITOR, now=NOW)
    assert shown().picture is None


def test_a_logo_is_uploaded_cropped_resized_and_removed(site: Site) -> None:
    """newsletter.toml names it, and the masthead shows it."""

    def logo() -> str:
        return site.settings.newsletters["weekly"].logo or ""

    async def work(browser: Browser) -> None:
        page = await browser.get(LOGO)
        form = form_of(page, "/logo", "upload")
        page = await browser.upload(form, "upload", ("a.png", drawn("PNG", size=(120, 60))))
        assert "Saved." in page.words
        assert logo().startswith(ADDRESS)
        assert site.settings.newsletters["weekly"].logo_width == 120
        assert logo() in (site.folder / "newsletter.toml").read_text(encoding="utf-8")
        await browser.submit(form_of(page, "/logo", "crop"), "crop", shape="square")
        assert size_of(kept(site, logo())[1]) == (60, 60)
        page = await browser.get(LOGO)
        page = await browser.submit(form_of(page, "/logo", "width"), "width", width="9")
        assert page.status == 409
        assert "Give 16 to 552 pixels" in page.words
        await browser.submit(form_of(page, "/logo", "width"), "width", width="48")
        assert site.masthead("weekly").logo_width == 48
        assert site.masthead("weekly").logo == logo()
        page = await browser.upload(form, "upload", ("a.svg", b"<svg/>"))
        assert "not a picture that mail programs can show" in page.words
        page = await browser.get(LOGO)
        await browser.submit(form_of(page, "/logo", "remove"), "remove")
        assert not logo()

    visit(site, work, editor=EDITOR, now=NOW)
