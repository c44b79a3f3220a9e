"""Pictures by HTTP: uploaded, copied and cropped in the desk, undone, served, forgotten, and taken along."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image as Pillow

from newsletter.issues.blocks import Block, BlockKind
from newsletter.issues.edits import PutBlock
from newsletter.issues.issue import Issue, Item
from newsletter.pipeline import upload_picture
from newsletter.pipeline.approve import approve
from newsletter.pipeline.draft import draft
from newsletter.pipeline.edit import EditRequest, edit
from newsletter.pipeline.forget_pictures import KEPT, forget_pictures
from newsletter.pipeline.gather import gather
from newsletter.pipeline.reader_copy import Reader, copy_for
from newsletter.pipeline.site_archive.pack import pack_site
from newsletter.pipeline.site_archive.unpack import unpack_site
from newsletter.site.picture_addresses import pictures_in
from newsletter.site.site import Site, open_site
from newsletter.store.issues import find_issue
from newsletter.store.users import Role
from newsletter.web.app import make_app
from newsletter.web.editor.forms import item_id
from tests.factories.desk_browser import Browser, Page, visit
from tests.factories.drawn import drawn, moving, photographed, pixel
from tests.factories.site import make_site, publish
from tests.factories.web_requests import NOW
from tests.servers.feeds import FeedServer
from tests.servers.web import serving, web_client

EDITOR = "ed@press.example.org"
DESK = "/desk/weekly/1"
ADDRESS = "http://127.0.0.1:8000/pictures/kept/"
LOGO = "/settings/newsletters/weekly/logo"
ALLOWING = '[fetch]\nallow_private = ["127.0.0.2"]\n'


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site with a drafted issue."""
    folder = tmp_path / "site"
    folder.mkdir()
    site = make_site(
        folder, now=NOW - timedelta(days=9), url="http://127.0.0.1:8000", tables=ALLOWING
    )
    publish(site.folder, *(NOW - timedelta(hours=hours) for hours in (1, 2, 3)))
    gather(site, "weekly", now=NOW)
    draft(site, "weekly", now=NOW)
    yield site
    site.database.close()


def issue_of(site: Site) -> Issue:
    """The issue as it is."""
    with site.database.transaction(read_only=True) as connection:
        return find_issue(connection, "weekly", 1)


def first(site: Site) -> Item:
    """The issue's first article."""
    return issue_of(site).items[0]


def form_of(page: Page, ending: str, action: str) -> object:
    """The form that is sent to an address with this end and has this button."""
    found = page.tree.xpath(f"//form[.//button[@value='{action}']]")
    return next(form for form in found if form.get("action").endswith(ending))


def kept(site: Site, url: str) -> tuple[str, bytes]:
    """The type and the octets of the picture that the site keeps at this address."""
    found = site.hosted_pictures.read(site.hosted_pictures.name_at(url))
    assert found is not None
    return found


def size_of(body: bytes) -> tuple[int, int]:
    """Width and height."""
    with Pillow.open(BytesIO(body)) as picture:
        return picture.size


def upload(
    site: Site, name: str, body: bytes, *, role: Role = Role.EDITOR, **fields: str
) -> list[Page]:
    """What an editor sees who uploads this file for the first article of the page."""
    seen: list[Page] = []

    async def work(browser: Browser) -> None:
        page = await browser.get(DESK)
        form = form_of(page, "/picture", "upload")
        seen.append(await browser.upload(form, "upload", (name, body), **fields))

    visit(site, work, editor=EDITOR, now=NOW, role=role)
    return seen


def give(site: Site, body: bytes, alt: str = "A bridge") -> None:
    """An editor uploads this picture for the first article."""
    (page,) = upload(site, "bridge.jpg", body, alt=alt)
    assert page.status == 200


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


def test_a_kept_picture_is_served_for_ever_and_nothing_else_is(site: Site) -> None:
    """Its note, other names and the folder are not."""
    give(site, drawn())
    image = first(site).image
    assert image is not None
    name = site.hosted_pictures.name_at(image.url)
    with serving(make_app(site, clock=lambda: NOW)) as base, web_client(base_url=base) as client:
        answer = client.get(f"/pictures/kept/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/jpeg"
        assert "immutable" in answer.headers["cache-control"]
        assert "sandbox" in answer.headers["content-security-policy"]
        for other in (
            "uploads",
            f"uploads/{name}.json",
            f"{name}.json",
            "0" * 40 + ".jpg",
            "..%2fx",
        ):
            assert client.get(f"/pictures/kept/{other}").status_code == 404


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Use a JPEG, PNG, GIF"),
        ("a.jpg", b"<script>alert(1)</script>", "not a picture that mail programs can show"),
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


def names(site: Site) -> set[str]:
    """The pictures that the site keeps."""
    return {path.name for path in (site.folder / "pictures").iterdir() if path.is_file()}


def test_what_nothing_shows_is_forgotten_after_a_while(site: Site) -> None:
    """What is shown stays with its original, what an editor may still bring back too; others go."""
    hosted = site.hosted_pictures
    hosted.keep("https://press.example.org/1.png", "image/png", b"\x89PNG")
    feeds = names(site)
    orphan = upload_picture.keep_upload(site, drawn("PNG", size=(90, 90)), alt="", now=NOW).image
    give(site, drawn("JPEG", size=(1600, 900)))
    give(site, drawn("PNG", size=(300, 300)))
    before = names(site)
    assert forget_pictures(site, now=NOW + KEPT) == 0
    later = NOW + KEPT + timedelta(days=1)
    assert forget_pictures(site, now=later) == 1
    assert before - names(site) == {hosted.name_at(orphan.url)}
    assert forget_pictures(site, now=later) == 0

    approve(site, "weekly", 1, now=NOW)
    with site.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE issues SET state = 'sent'")
    assert forget_pictures(site, now=later + KEPT + timedelta(days=1)) == 2
    image = first(site).image
    assert image is not None
    assert names(site) == feeds | {hosted.name_at(image.url)}


def test_a_site_that_moves_takes_its_pictures_along(site: Site, tmp_path: Path) -> None:
    """They can be cropped there."""
    give(site, drawn("PNG"))
    pack_site(site, tmp_path / "site.zip", now=NOW)
    unpack_site(tmp_path / "site.zip", tmp_path / "moved")
    moved = open_site(tmp_path / "moved", os.environ, even_if_moved=True)
    try:
        assert names(moved) == names(site)
        image = first(moved).image
        assert image is not None
        assert moved.uploaded_pictures.note_at(image.url) is not None
    finally:
        moved.database.close()
