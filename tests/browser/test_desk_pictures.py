"""Pictures in the desk: chosen, dropped, pasted and cropped, by mouse and by keyboard, in Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from newsletter.issues.blocks import Block, BlockKind
from newsletter.issues.edits import PutBlock
from newsletter.issues.issue import Item
from newsletter.pipeline.edit import EditRequest, edit
from newsletter.store.issues import find_issue
from tests.axe import LOOKS, Mode, complaints
from tests.browser.desk import DESK, open_desk, open_page, saved, version, visiting
from tests.browsers import Chromium
from tests.factories.desk import NOW
from tests.factories.drawn import drawn
from tests.factories.office import NEWS_DESK, Office

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

WIDTHS = (1280, 390)
KEPT = "/pictures/kept/"

# A file that is dropped on, or pasted into, the element.
GIVE = """([place, name, bytes]) => {
    const files = new DataTransfer();
    files.items.add(new File([new Uint8Array(bytes)], name, { type: 'image/png' }));
    const target = document.querySelector(place);
    const how = { bubbles: true, cancelable: true };
    if (window.pastes) target.dispatchEvent(new ClipboardEvent('paste', { ...how, clipboardData: files }));
    else for (const kind of ['dragover', 'drop']) target.dispatchEvent(new DragEvent(kind, { ...how, dataTransfer: files }));
}"""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A draft with a block."""
    with open_desk(tmp_path) as office:
        block = Block(id="ad", kind=BlockKind.SPONSOR, title="Ropes", text="They hold.")
        request = EditRequest(newsletter="weekly", number=1, editor=NEWS_DESK, seen_version=0)
        edit(office.site, request, [PutBlock(block=block)], now=NOW)
        yield office


def lead(office: Office) -> Item:
    """The issue's lead."""
    with office.site.database.transaction(read_only=True) as connection:
        return find_issue(connection, "weekly", 1).items[0]


def file(name: str = "bridge.png", size: tuple[int, int] = (1600, 1200)) -> FilePayload:
    """A picture that the editor has, half red and half blue."""
    return FilePayload(name=name, mimeType="image/png", buffer=drawn("PNG", size=size))


def upload(page: Page) -> None:
    """Upload a picture for the lead."""
    page.locator(".leadplace summary").click()
    row = page.locator(".leadplace .upload")
    row.get_by_label("Upload a picture").set_input_files(file())
    row.get_by_label("Alt text of the new picture").fill("A bridge")
    at = version(page)
    row.get_by_role("button", name="Upload", exact=True).click()
    saved(page, at)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_picture_is_uploaded_shown_and_undone(
    office: Office, chromium: Chromium, width: int
) -> None:
    """The row stays open and shows it, the preview follows, and Ctrl+Z brings the former one back."""
    before = lead(office)

    def visit(page: Page) -> None:
        upload(page)
        expect(page.locator(".leadplace details.more")).to_have_attribute("open", "")
        shown = re.compile(re.escape(KEPT))
        expect(page.locator(".leadplace img.thumb")).to_have_attribute("src", shown)
        expect(page.locator(".leadplace input[name=image_alt]")).to_have_value("A bridge")
        expect(page.locator(".leadplace input[type=file]")).to_have_value("")
        expect(page.locator(".leadplace input[name=alt]")).to_have_value("")
        expect(page.frame_locator("#peek").locator("img[alt='A bridge']")).to_have_count(1)
        at = version(page)
        page.locator(".leadplace summary").focus()
        page.keyboard.press("Control+z")
        saved(page, at)
        assert lead(office) == before
        expect(page.frame_locator("#peek").locator("img[alt='A bridge']")).to_have_count(0)

    visiting(office, chromium, visit, width=width)


@pytest.mark.parametrize("way", ["dropped", "pasted"])
def test_a_picture_is_dropped_or_pasted_and_described_before_it_goes(
    office: Office, chromium: Chromium, way: str
) -> None:
    """The alt text is asked for; a file that cannot be used is refused at once, and the page stays."""

    def visit(page: Page) -> None:
        page.evaluate("pastes => { window.pastes = pastes }", way == "pasted")
        row = page.locator(".leadplace .upload")
        give = [".leadplace summary", "notes.svg", [*b"<svg/>"]]
        page.evaluate(GIVE.replace("image/png", "image/svg+xml"), give)
        expect(row.locator(".refusal")).to_contain_text("Use a JPEG, PNG, GIF, WebP or AVIF file")
        page.evaluate(GIVE, [".leadplace .opened", "bridge.png", [*drawn("PNG")]])
        expect(row.locator(".refusal")).to_be_empty()
        expect(row.get_by_label("Alt text of the new picture")).to_be_focused()
        at = version(page)
        page.keyboard.type("A bridge", delay=1)
        page.keyboard.press("Enter")
        saved(page, at)
        page.evaluate(GIVE, ["#history", "elsewhere.png", [*drawn("PNG")]])
        assert page.url.endswith(DESK)

    visiting(office, chromium, visit)
    image = lead(office).image
    assert image is not None
    assert (image.alt, image.width) == ("A bridge", 600)


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(
    office: Office, chromium: Chromium
) -> None:
    """In words, and nothing else changes."""

    def visit(page: Page) -> None:
        page.locator(".leadplace summary").click()
        row = page.locator(".leadplace .upload")
        large = FilePayload(name="a.png", mimeType="image/png", buffer=b"\0" * 10_000_001)
        row.get_by_label("Upload a picture").set_input_files(large)
        expect(row.locator(".refusal")).to_have_text(
            "This file is too large. Use one of at most 10 MB."
        )
        expect(row.get_by_label("Upload a picture")).to_have_value("")

    visiting(office, chromium, visit)


def test_what_is_typed_while_a_picture_is_sent_is_kept(office: Office, chromium: Chromium) -> None:
    """The upload and the headline are both saved."""

    def visit(page: Page) -> None:
        page.locator(".leadplace summary").click()
        row = page.locator(".leadplace .upload")
        row.get_by_label("Upload a picture").set_input_files(file())
        row.get_by_role("button", name="Upload", exact=True).click()
        page.locator(".leadplace input[name=title]").fill("Typed meanwhile")
        expect(page.locator(".leadplace img.thumb")).to_have_attribute("src", re.compile(KEPT))
        expect(page.locator(".leadplace h3")).to_have_text("Typed meanwhile")
        expect(page.locator("#saved")).to_have_text("Saved")

    visiting(office, chromium, visit)
    item = lead(office)
    assert item.title == "Typed meanwhile"
    assert item.image is not None
    assert KEPT in item.image.url


def test_a_refused_picture_is_said_until_the_next_attempt(
    office: Office, chromium: Chromium
) -> None:
    """The answer to a headline that is saved meanwhile leaves the refusal and the alt text alone."""

    def work(browser: Browser) -> None:
        page = open_page(office.sit_down(browser))
        page.locator(".leadplace summary").click()
        row = page.locator(".leadplace .upload")
        button = row.get_by_role("button", name="Upload", exact=True)
        torn = FilePayload(name="bridge.png", mimeType="image/png", buffer=b"not a picture")
        row.get_by_label("Upload a picture").set_input_files(torn)
        row.get_by_label("Alt text of the new picture").fill("A bridge")
        button.click()
        refusal = row.locator(".refusal")
        expect(refusal).to_contain_text("Use a JPEG, PNG, GIF, WebP or AVIF file")
        at = version(page)
        page.locator(".leadplace input[name=title]").fill("Typed afterwards")
        saved(page, at)
        expect(page.locator(".leadplace h3")).to_have_text("Typed afterwards")
        expect(refusal).to_contain_text("Use a JPEG, PNG, GIF, WebP or AVIF file")
        at = version(page)
        row.get_by_label("Upload a picture").set_input_files(file())
        expect(refusal).to_be_empty()
        page.route("**/picture", lambda route: route.abort())
        button.click()
        expect(refusal).to_contain_text("the server cannot be reached")
        page.unroute("**/picture")
        button.click()
        saved(page, at)
        expect(refusal).to_be_empty()
        page.context.close()

    chromium.run(work)
    image = lead(office).image
    assert image is not None
    assert image.alt == "A bridge"


@pytest.mark.parametrize("width", WIDTHS)
def test_a_picture_is_cropped_by_mouse(office: Office, chromium: Chromium, width: int) -> None:
    """The frame is dragged to the right, its corner makes it smaller; the desk shows what is in it."""

    def visit(page: Page) -> None:
        upload(page)
        page.locator(".leadplace").get_by_role("link", name="Crop the picture").click()
        page.get_by_label("Square").check()
        view = page.locator("#crop-view svg")
        box = view.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= width
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] + 50, middle[1], steps=4)
        page.mouse.up()
        expect(page.locator("#crop-across")).to_have_js_property("value", "100")
        page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] - 2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.625, box["y"] + box["height"] / 2, steps=4)
        page.mouse.up()
        expect(page.locator(".slide output").first).to_have_text(re.compile("^(49|50|51) %$"))
        page.get_by_role("button", name="Save the crop").click()
        expect(page.locator(".leadplace img.thumb")).to_have_attribute("src", re.compile(KEPT))

    visiting(office, chromium, visit, width=width)
    image = lead(office).image
    assert image is not None
    assert image.width == image.height == pytest.approx(600, abs=30)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_picture_is_cropped_by_keyboard(office: Office, chromium: Chromium, width: int) -> None:
    """Arrow keys move the frame, minus makes it smaller, sliders say the same; Undo takes it back."""

    def visit(page: Page) -> None:
        upload(page)
        page.locator(".leadplace").get_by_role("link", name="Crop the picture").focus()
        page.keyboard.press("Enter")
        page.get_by_label("As it is").focus()
        page.keyboard.press("ArrowRight")
        expect(page.get_by_label("Wide, 16 to 9")).to_be_checked()
        page.locator("#crop-view").focus()
        for _ in range(25):
            page.keyboard.press("-")
        for _ in range(9):
            page.keyboard.press("Shift+ArrowRight")
        for _ in range(9):
            page.keyboard.press("Shift+ArrowUp")
        outputs = page.locator(".slide output")
        expect(outputs).to_have_text(["50 %", "100 %", "0 %"])
        page.get_by_label("From top to bottom").focus()
        page.keyboard.press("ArrowRight")
        expect(outputs.last).not_to_have_text("0 %")
        page.get_by_role("button", name="Save the crop").focus()
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"#item-\w+$"))
        page.wait_for_load_state()
        at = version(page)
        cut = lead(office).image
        assert cut is not None
        assert (cut.width, cut.height) == (800, 450)
        page.keyboard.press("Control+z")
        saved(page, at)

    visiting(office, chromium, visit, width=width)
    image = lead(office).image
    assert image is not None
    assert (image.width, image.height) == (1200, 900)


def test_a_blocks_picture_is_uploaded(office: Office, chromium: Chromium) -> None:
    """Where the block is edited."""

    def visit(page: Page) -> None:
        page.locator("#block-ad > summary").click()
        block = page.locator("#upload-ad")
        block.get_by_label("Upload a picture").set_input_files(file())
        block.get_by_label("Alt text of the new picture").fill("A rope")
        at = version(page)
        block.get_by_role("button", name="Upload", exact=True).click()
        saved(page, at)
        expect(page.locator("#block-ad img.thumb")).to_have_attribute("alt", "A rope")
        expect(page.frame_locator("#peek").locator("img[alt='A rope']")).to_have_count(1)

    visiting(office, chromium, visit)


def test_without_javascript_a_picture_is_uploaded_and_cropped(
    office: Office, chromium: Chromium
) -> None:
    """By forms, sliders and a button that shows the frame."""

    def visit(page: Page) -> None:
        page.locator(".leadplace summary").click()
        row = page.locator(".leadplace .upload")
        row.get_by_label("Upload a picture").set_input_files(file())
        row.get_by_label("Alt text of the new picture").fill("A bridge")
        row.get_by_role("button", name="Upload", exact=True).click()
        page.locator(".leadplace summary").click()
        page.get_by_role("link", name="Crop the picture").first.click()
        page.get_by_label("Square").check()
        page.get_by_label("From left to right").fill("0")
        page.get_by_role("button", name="Show the frame").click()
        expect(page.locator("#crop-box")).to_have_attribute("width", "1200")
        expect(page.locator("#crop-box")).to_have_attribute("x", "0")
        page.get_by_role("button", name="Save the crop").click()
        expect(page.locator("#desk")).to_be_visible()

    visiting(office, chromium, visit, script=False)
    image = lead(office).image
    assert image is not None
    assert (image.width, image.height, image.alt) == (1200, 1200, "A bridge")


@pytest.mark.parametrize(("mode", "width"), LOOKS)
def test_axe_has_no_objection_to_the_forms(
    office: Office, chromium: Chromium, mode: Mode, width: int
) -> None:
    """The open row, the page on which a picture is cropped, and that of the logo."""

    def visit(page: Page) -> None:
        upload(page)
        page.locator("#block-ad > summary").click()
        assert complaints(page, mode) == []
        page.get_by_role("link", name="Crop the picture").first.click()
        expect(page.locator("#crop-view")).to_be_visible()
        assert complaints(page, mode) == []
        page.goto("/settings/newsletters/weekly/logo")
        assert complaints(page, mode) == []

    visiting(office, chromium, visit, width=width, scheme=mode)
