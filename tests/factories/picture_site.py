"""A site with a drafted issue whose pictures editors upload, and how they do it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path

from lxml import html
from PIL import Image as Pillow

from newsletter.issues.issue import Issue, Item
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.site.site import Site
from newsletter.store.issues import find_issue
from newsletter.store.users import Role
from tests.factories.desk_browser import Browser, Page, visit
from tests.factories.site import make_site, publish
from tests.factories.web_requests import NOW

EDITOR = "ed@press.example.org"
DESK = "/desk/weekly/1"
ADDRESS = "http://127.0.0.1:8000/pictures/kept/"
ALLOWING = '[fetch]\nallow_private = ["127.0.0.2"]\n'


@contextmanager
def drafted_site(folder: Path) -> Iterator[Site]:
    """A site with a drafted issue, in this new folder."""
    folder.mkdir()
    site = make_site(
        folder, now=NOW - timedelta(days=9), url="http://127.0.0.1:8000", tables=ALLOWING
    )
    publish(folder, *(NOW - timedelta(hours=hours) for hours in (1, 2, 3)))
    gather(site, "weekly", now=NOW)
    draft(site, "weekly", now=NOW)
    try:
        yield site
    finally:
        site.database.close()


def issue_of(site: Site) -> Issue:
    """The issue as it is."""
    with site.database.transaction(read_only=True) as connection:
        return find_issue(connection, "weekly", 1)


def first(site: Site) -> Item:
    """The issue's first article."""
    return issue_of(site).items[0]


def form_of(page: Page, ending: str, action: str) -> html.HtmlElement:
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
