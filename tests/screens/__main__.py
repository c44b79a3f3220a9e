"""Makes the pictures of desk and archive in docs/images: `python -m tests.screens [FOLDER]`."""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from newsletter.issues.blocks import Block, BlockKind
from newsletter.issues.crop import Crop, Shape
from newsletter.issues.edits import Illustrate, Pin, PutBlock, Say
from newsletter.pipeline.draft import draft
from newsletter.pipeline.edit import EditRequest, edit
from newsletter.pipeline.gather import gather
from newsletter.pipeline.upload_picture import copy_picture, crop_picture
from newsletter.site.site import open_site
from newsletter.store.issues import find_issue
from newsletter.web.editor.forms import item_id
from tests.acceptance.site import NOW, write_readers
from tests.demo.catcher import MailCatcher, catching_mail
from tests.demo.serving import serving
from tests.demo.site import Site, make_site
from tests.demo.sources import sources_application
from tests.factories.office import (
    NEWS_DESK,
    Office,
    count_clicks,
    follow_links,
    open_office,
)
from tests.install_programs import find_chromium

DESK = "/desk/weekly/1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    """One picture: a page in a window of this size, scrolled to an element."""

    name: str
    address: str
    width: int = 1280
    height: int = 860
    scheme: str = "light"
    scroll_to: str = ""


BEFORE = (
    Shot(name="desk", address=DESK),
    Shot(name="desk-dark", address=DESK, scheme="dark"),
    Shot(name="desk-items", address=DESK, scroll_to="#h-lead"),
    Shot(name="desk-phone", address=DESK, width=360, height=740, scroll_to="#h-lead"),
    Shot(name="desk-preview", address=f"{DESK}/preview"),
    Shot(name="desk-preview-mobile", address=f"{DESK}/preview?width=375"),
    Shot(name="desk-preview-dark", address=f"{DESK}/preview?scheme=dark", scheme="dark"),
    Shot(name="desk-publish", address=f"{DESK}/publish", width=1000, height=980),
)
AFTER = (
    Shot(name="desk-issues", address="/desk", width=1000, height=520),
    Shot(name="desk-people", address="/people", width=1000, height=820),
    Shot(name="desk-sources", address="/sources", width=1000, height=820),
    Shot(name="desk-report", address=f"{DESK}/report", width=1000, height=1120),
    Shot(
        name="desk-clicks", address=f"{DESK}/report", width=1000, height=760, scroll_to="#h-clicks"
    ),
    Shot(name="archive", address="/archive/weekly", width=1000, height=760),
    Shot(name="archive-subject", address="/archive/weekly/tags/security", width=1000, height=760),
    Shot(name="archive-phone", address="/archive/weekly/1", width=360, height=740, scheme="dark"),
)


def main(folder: Path) -> None:
    """Set the sample up, photograph the desk, send the issue, photograph what became of it."""
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("there is no Chromium on this machine: apt install chromium")
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as place,
        serving(sources_application(NOW)) as web,
        catching_mail() as mail,
    ):
        home = Path(place) / "site"
        sample = make_site(home, site_url="https://news.example.org", sources=web,
                           relay_port=mail.port, now=NOW)  # fmt: skip
        count_clicks(home)
        prepare(sample)
        with open_office(home) as office, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"]
            )
            for shot in BEFORE:
                take(office, browser, shot, folder)
            with ThreadPoolExecutor(1) as apart:  # Playwright's event loop runs in this thread
                take(office, browser, apart.submit(cropping, office).result(), folder)
            send(office, browser, mail)
            follow_links(office, mail.mails[-1].part("html"))
            for shot in AFTER:
                take(office, browser, shot, folder)
            browser.close()


def prepare(sample: Site) -> None:
    """Readers, a drafted issue, and some of an editor's work."""
    readers = write_readers(sample.folder / "readers.csv")
    sample.run("subscribers", "import", str(readers), "--list", "weekly")
    site = open_site(sample.folder, {})
    gather(site, "weekly", now=NOW)
    issue = draft(site, "weekly", now=NOW)
    block = Block(
        id="sample",
        kind=BlockKind.SPONSOR,
        title="Rope & Pulley Supply",
        text="Lines that **hold**, from a yard that has made them for ninety years.",
        url="https://rope.example.org",
        link_text="See the ropes",
    )
    edits = (
        Say(name="intro", text="Good morning. A long read about *overdue books* leads this week."),
        PutBlock(block=block),
        Pin(item=issue.items[2].article.key, on=True),
    )
    request = EditRequest(
        newsletter="weekly",
        number=issue.number,
        editor=NEWS_DESK,
        seen_version=issue.version,
    )
    for one in edits:
        edit(site, request, [one], now=NOW)
    site.database.close()


def cropping(office: Office) -> Shot:
    """The page on which the lead's picture is cropped, which is copied for it."""
    site = office.site
    with site.database.transaction(read_only=True) as connection:
        issue = find_issue(connection, "weekly", 1)
    lead = issue.items[0]
    assert lead.image is not None
    crop = Crop(shape=Shape.WIDE, size=80, across=30, down=40)
    image = crop_picture(site, copy_picture(site, lead.image, now=NOW), crop, now=NOW)
    request = EditRequest(
        newsletter="weekly", number=1, editor=NEWS_DESK, seen_version=issue.version
    )
    edit(site, request, [Illustrate(item=lead.article.key, image=image)], now=NOW)
    address = f"{DESK}/picture?item={item_id(lead.article)}"
    return Shot(name="desk-crop", address=address, width=1000, height=900)


def take(office: Office, browser: Browser, shot: Shot, folder: Path) -> None:
    """One picture."""
    context = office.sit_down(browser, width=shot.width, height=shot.height, scheme=shot.scheme)
    page = context.new_page()
    page.goto(shot.address, wait_until="load")
    settle(page)
    if shot.scroll_to:
        page.locator(shot.scroll_to).evaluate("element => element.scrollIntoView()")
    settle(page)
    picture = Image.open(BytesIO(page.screenshot()))
    # 256 colours are enough for flat pages, at a third of the size.
    picture.convert("RGB").quantize(256).save(folder / f"{shot.name}.png", optimize=True)
    context.close()


def settle(page: Page) -> None:
    """Wait for every picture of the page and its frames."""
    for frame in page.frames:
        frame.wait_for_load_state("load")
    page.wait_for_function("[...document.images].every(i => i.complete || i.loading === 'lazy')")


def send(office: Office, browser: Browser, mail: MailCatcher) -> None:
    """Approve and send; some addresses are refused or put off, as in life."""
    answers = {
        "example.com": "550 5.1.1 no such mailbox here",
        "bücher.example": "450 4.2.0 try again later",
    }
    with mail.answering(lambda to: answers.get(to.rpartition("@")[2], "")):
        context = office.sit_down(browser)
        page = context.new_page()
        page.goto(f"{DESK}/publish")
        page.get_by_role("button", name="Approve and schedule").click()
        page.get_by_text("Send now").click()
        page.get_by_role("button", name="Send 20 messages").click()
        page.locator("#n-rejected").filter(has_text="4").wait_for()
        context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("docs/images"))
