"""Pictures by HTTP: uploaded, copied, cropped and undone in the desk, also without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.errors import ParserCrashedError
from newsletter.pipeline import upload_picture
from newsletter.pipeline.approve import approve
from newsletter.pipeline.reader_copy import Reader, copy_for
from newsletter.site.picture_addresses import pictures_in
from newsletter.site.site import Site
from newsletter.store.users import Role
from newsletter.web.editor.forms import item_id
from tests.factories.desk_browser import Browser, Page, visit
from tests.factories.drawn import drawn, moving, photographed, pixel
from tests.factories.picture_site import (
    ADDRESS,
    DESK,
    EDITOR,
    drafted_site,
    first,
    form_of,
    give,
    kept,
    upload,
)
from tests.factories.web_requests import NOW
from tests.servers.feeds import FeedServer


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site with a drafted issue."""
    with drafted_site(tmp_path / "site") as site:
        yield site


def test_an_uploaded_picture_is_the_articles_and_undo_brings_the_former_one_back(
    site: Site,
) -> None:
    """It is drawn anew and named by the site; the mail shows it, with its alt text."""
    before = first(site)
    give(site, photographed())
    image = first(site).image
    assert image is not None
    assert image.url.startswith(ADDRESS)
    assert "bridge" not in image.url
    assert (image.width, image.height, image.alt, image.answers) == (400, 600, "A bridge", True)
    media_type, body = kept(site, image.url)
    assert media_type == image.type == "image/jpeg"
    assert b"A maker" not in body
    assert b"script" not in body

    async def work(browser: Browser) -> None:
        page = await browser.get(DESK)
        assert f"changed the picture of “{before.title}”" in page.words
        await browser.press(page, "undo")
        assert first(site) == before
        await browser.press(await browser.get(DESK), "redo")
        assert first(site).image == image

    visit(site, work, editor=EDITOR, now=NOW)
    issue = approve(site, "weekly", 1, now=NOW)
    html = copy_for(site, issue, Reader(), now=NOW).html
    assert image.url in pictures_in(html)
    assert 'alt="A bridge"' in html


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Use a JPEG, PNG, GIF"),
        ("a.jpg", b"<script>alert(1)</script>", "not a picture that mail programs can show"),
        ("a.heic", b"\0\0\0\x18ftypheic", "Save it as JPEG first"),
        ("a.jpg", drawn()[:300], "not a picture that mail programs can show"),
        ("a.png", drawn(size=(4, 400)), "fewer than 16 pixels on a side"),
        ("a.jpg", b"", "There is no picture. Choose a file."),
        ("a.jpg", drawn() + b"\0" * 10_000_000, "too large. Use a smaller one, of at most 10 MB"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(
    site: Site, name: str, body: bytes, words: str
) -> None:
    """The article stays as it was, its row stays open, and the alt text that was typed is there."""
    before = first(site)
    (page,) = upload(site, name, body, alt="A bridge")
    assert page.status == 422
    assert words in page.words
    assert first(site) == before
    assert not (site.folder / "pictures").exists()
    assert page.tree.xpath("//details[@open]//form//input[@name='alt'][@value='A bridge']")


def test_a_form_that_is_far_too_long_is_not_read(site: Site) -> None:
    """Whatever is in it."""
    (page,) = upload(site, "a.jpg", b"\0" * 20_000_001)
    assert page.status == 413


def test_a_picture_that_exhausts_its_limits_is_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker that reads it is ended, and the desk goes on."""
    small = replace(upload_picture.LIMITS, memory=20_000_000)
    monkeypatch.setattr(upload_picture, "LIMITS", small)
    (page,) = upload(site, "a.png", drawn("PNG", size=(6000, 6000)))
    assert page.status == 422
    assert "takes too long to read" in page.words or "not a picture" in page.words


def test_a_worker_that_others_end_is_not_blamed_on_the_picture(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system that is short of memory ends workers; the same picture can be uploaded again."""

    def end(*_arguments: object, **_limits: object) -> None:
        raise ParserCrashedError("the process that reads it ended (SIGKILL)")

    monkeypatch.setattr(upload_picture.HANDED_IN, "run", end)
    (page,) = upload(site, "a.png", drawn("PNG"))
    assert page.status == 422
    assert "This picture could not be read. Upload it again" in page.words


def test_an_animation_gives_its_first_frame_and_says_so(site: Site) -> None:
    """Movement distracts readers, and cannot be stopped in a mail."""
    (page,) = upload(site, "a.gif", moving(), alt="Waves")
    assert "The picture moves, so its first frame is shown." in page.words
    image = first(site).image
    assert image is not None
    assert not image.moves


def test_the_part_that_is_shown_can_be_changed_again_and_again(site: Site) -> None:
    """Each is cut from the original, without JavaScript too; the frame is shown before it is saved."""
    give(site, drawn("PNG"))
    whole = first(site).image

    async def work(browser: Browser) -> None:
        page = await browser.get(f"{DESK}/picture?item={item_id(first(site).article)}")
        crop = {"shape": "square", "size": "50", "across": "100", "down": "0"}
        page = await browser.submit(form_of(page, "/picture", "show"), "show", **crop)
        frame = page.tree.xpath("//*[@id='crop-box']")[0]
        assert [frame.get(side) for side in ("x", "y", "width", "height")] == [
            "400",
            "0",
            "200",
            "200",
        ]
        assert first(site).image == whole
        page = await browser.submit(form_of(page, "/picture", "crop"), "crop", **crop)
        assert page.url == DESK
        cut = first(site).image
        assert cut is not None
        assert (cut.width, cut.height, cut.alt) == (200, 200, "A bridge")
        assert pixel(kept(site, cut.url)[1], (100, 100)) == (0, 0, 255)
        page = await browser.get(f"{DESK}/picture?item={item_id(first(site).article)}")
        assert page.tree.xpath("//input[@name='shape'][@checked]/@value") == ["square"]
        wide = {"shape": "as-is", "size": "100"}
        await browser.submit(form_of(page, "/picture", "crop"), "crop", **wide)
        assert first(site).image == whole
        page = await browser.submit(form_of(page, "/picture", "crop"), "crop", size="tiny")
        assert page.status == 422
        assert "'tiny' is not a percentage for a picture" in page.words

    visit(site, work, editor=EDITOR, now=NOW, role=Role.EDITOR)


def test_a_publishers_picture_is_copied_before_it_is_cropped(site: Site) -> None:
    """Its address is only fetched where the site may, and its alt text stays."""
    with FeedServer("127.0.0.2") as stranger:
        stranger.put("/a.png", drawn("PNG", size=(1600, 900)), content_type="image/png")

        async def work(browser: Browser) -> None:
            item = first(site)
            page = await browser.get(DESK)
            fields = {
                "item": item_id(item.article),
                "image_url": stranger.url("/a.png"),
                "image_alt": "A lock",
            }
            page = await browser.press(page, "rewrite", **fields)
            page = await browser.get(f"{DESK}/picture?item={item_id(item.article)}")
            assert "This picture is on another site" in page.words
            page = await browser.submit(form_of(page, "/picture", "copy"), "copy")
            image = first(site).image
            assert image is not None
            assert image.url.startswith(ADDRESS)
            assert (image.width, image.height, image.alt) == (1200, 675, "A lock")
            assert page.tree.xpath("//form[@id='crop']/@data-width") == ["1600"]

        visit(site, work, editor=EDITOR, now=NOW)


def test_typing_that_is_saved_later_does_not_bring_the_former_picture_back(site: Site) -> None:
    """The form was made before the upload, and its picture was not touched."""
    give(site, drawn("PNG"))
    give_again = drawn("PNG", size=(500, 500))

    async def work(browser: Browser) -> None:
        earlier = await browser.get(DESK)
        form = form_of(earlier, "/picture", "upload")
        await browser.upload(form, "upload", ("b.png", give_again), alt="Another")
        page = await browser.press(
            earlier, "rewrite", item=item_id(first(site).article), title="Retitled"
        )
        assert page.status == 200

    visit(site, work, editor=EDITOR, now=NOW)
    item = first(site)
    assert item.title == "Retitled"
    assert item.image is not None
    assert (item.image.alt, item.image.width) == ("Another", 500)


def test_two_editors_pictures_do_not_replace_each_other_unseen(site: Site) -> None:
    """The second is told whose picture is there."""
    seen: list[Page] = []

    async def first_look(browser: Browser) -> None:
        seen.append(await browser.get(DESK))

    visit(site, first_look, editor="second@press.example.org", now=NOW)
    give(site, drawn())

    async def work(browser: Browser) -> None:
        version = form_of(seen[0], "/picture", "upload").fields["seen"]
        form = form_of(await browser.get(DESK), "/picture", "upload")
        page = await browser.upload(form, "upload", ("b.png", drawn("PNG")), seen=version)
        assert page.status == 409
        assert f"{EDITOR} changed the picture" in page.words

    visit(site, work, editor="second@press.example.org", now=NOW)


def test_a_closed_issue_keeps_its_pictures(site: Site) -> None:
    """What is approved is what is sent."""
    item = item_id(first(site).article)
    approve(site, "weekly", 1, now=NOW)
    before = first(site)

    async def work(browser: Browser) -> None:
        page = await browser.get(f"{DESK}/picture?item={item}")
        assert "its pictures stay as they are" in page.words
        page = await browser.get("/account")
        form = page.tree.xpath("//form[.//input[@name='csrf']]")[0]
        form.set("action", f"{DESK}/picture")
        page = await browser.upload(form, "upload", ("a.png", drawn("PNG")), item=item)
        assert page.status == 409

    visit(site, work, editor=EDITOR, now=NOW)
    assert first(site) == before
