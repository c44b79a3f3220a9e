"""Pages with strangers' pictures in Chromium: the browser asks nobody but this site."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image as Pillow
from playwright.sync_api import Browser, Page

from newsletter.config.settings import FetchSettings
from newsletter.issues.past.post import PastIssue
from newsletter.pipeline.approve import approve, stop
from newsletter.pipeline.draft import draft
from newsletter.pipeline.send import begin
from newsletter.site.site import Site
from newsletter.store.database import open_database
from newsletter.store.editions import frozen_editions
from newsletter.store.issues import find_issue
from newsletter.store.past_issues import keep_past_issue
from newsletter.web.app import make_app
from newsletter.web.pictures import routes
from tests.browsers import Chromium
from tests.factories.desk import NOW, SLUG, gather_articles, make_site, subscribe
from tests.factories.issues import DUE, make_article, make_image
from tests.factories.office import Office
from tests.factories.site import put_tables
from tests.factories.web_requests import share_token
from tests.servers.feeds import FeedServer
from tests.servers.web import serving

pytestmark = pytest.mark.browser

BASE = "/newsletter"
GONE = "The bridge that was never built"
_LOADED = """() => Array.from(document.images).map(image => [
    image.getAttribute('src'), image.complete, image.naturalWidth, image.alt])"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What the browser asked for, and the pictures in its page and frames."""

    hosts: frozenset[str]
    pictures: list[tuple[str, bool, int, str]]


@pytest.fixture
def stranger() -> Iterator[FeedServer]:
    """A publisher's server, on another host than the site."""
    file = BytesIO()
    Pillow.new("RGB", (1200, 675), "teal").save(file, "PNG")
    with FeedServer("127.0.0.2") as server:
        for number in (1, 2, 9):
            server.put(
                f"/{number}.png", file.getvalue(), "image/png", headers={"Set-Cookie": "a=b"}
            )
        yield server


@pytest.fixture
def office(
    tmp_path: Path, stranger: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    """A site below a path, with an issue that has pictures; one of them is not there."""
    monkeypatch.setattr(routes, "PATIENCE", timedelta(minutes=5))  # for slow machines
    put_tables(tmp_path / "newsletter.db")
    database = open_database(f"sqlite:///{tmp_path / 'newsletter.db'}", tmp_path)
    made = make_site(database, tmp_path, url=f"http://127.0.0.1:8000{BASE}")
    fetch = FetchSettings.model_validate({"allow_private": ["127.0.0.2"], "timeout": "10s"})
    site = replace(made, settings=made.settings.model_copy(update={"fetch": fetch}))
    images = [make_image(number, url=stranger.url(f"/{number}.png")) for number in (1, 2, 3)]
    images[2] = replace(images[2], alt=GONE)
    gather_articles(site, [make_article(n, image=image) for n, image in enumerate(images, 1)])
    draft(site, SLUG, now=NOW)
    subscribe(site, "reader@example.net")
    past = PastIssue(
        key="1", slug="tides", title="Tides", summary="", published=NOW,
        html=f'<p><img src="{stranger.url("/9.png")}?w=1&amp;h=2" alt="A tide"></p>',
    )  # fmt: skip
    with database.transaction() as connection:
        keep_past_issue(connection, SLUG, past, NOW)
    try:
        with serving(make_app(site, clock=lambda: NOW)) as base:
            yield Office(site=site, base=base)
    finally:
        database.close()


def look(page: Page, path: str) -> Seen:
    """Load the page until nothing more comes."""
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname or ""))
    page.goto(BASE + path)
    for image in page.locator("img").all():
        image.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    found = [tuple(one) for frame in page.frames for one in frame.evaluate(_LOADED)]
    return Seen(hosts=frozenset(hosts), pictures=found)  # type: ignore[arg-type] # from JSON


def published(site: Site) -> str:
    """Let the issue be in the archive; the key of its edition."""
    approve(site, SLUG, 1, now=NOW)
    begin(site, SLUG, 1, now=DUE)
    stop(site, SLUG, 1)
    with site.database.transaction(read_only=True) as connection:
        editions = frozen_editions(connection, find_issue(connection, SLUG, 1)).values()
    return max(editions, key=lambda edition: len(edition.item_keys)).key


def test_no_browser_asks_a_publisher(
    office: Office, stranger: FeedServer, chromium: Chromium
) -> None:
    """Desk, preview, share page and archive show the pictures; their server saw each asked for once, by us."""
    paths = [
        "/desk/weekly/1",
        "/desk/weekly/1/preview",
        "/desk/weekly/1/preview?width=375&client=outlook-windows&scheme=dark",
        f"/shared/{share_token(office.site)}",
    ]

    def work(browser: Browser) -> dict[str, Seen]:
        context = office.sit_down(browser)
        seen = {path: look(context.new_page(), path) for path in paths}
        key = published(office.site)
        for path in ("/archive/weekly/1", f"/archive/weekly/1/{key}", "/archive/weekly/past/tides"):
            seen[path] = look(context.new_page(), path)
        context.close()
        return seen

    for path, seen in chromium.run(work).items():
        assert seen.hosts == {"127.0.0.1"}, path
        assert all(src.startswith(f"{BASE}/pictures/") for src, *_ in seen.pictures), path
        shown = {src for src, complete, width, _ in seen.pictures if complete and width == 1200}
        gone = {alt for *_, width, alt in seen.pictures if not width and alt}
        is_past = path.endswith("tides")
        assert (len(shown), gone) == ((1, set()) if is_past else (2, {GONE})), (path, seen)
    assert sorted(seen.path for seen in stranger.seen) == [
        "/1.png", "/2.png", "/3.png", "/9.png?w=1&h=2",
    ]  # fmt: skip
    for request in stranger.seen:
        assert request.headers["user-agent"].startswith("newsletter/")
        assert not {"cookie", "referer"} & set(request.headers)


def test_the_mail_names_them_at_their_publishers(office: Office, stranger: FeedServer) -> None:
    """What is approved and sent does not know of this site's addresses for pictures."""
    published(office.site)
    with office.site.database.transaction(read_only=True) as connection:
        editions = frozen_editions(connection, find_issue(connection, SLUG, 1))
    for edition in editions.values():
        assert "/pictures/" not in edition.html
    assert any(f'src="{stranger.url("/1.png")}"' in one.html for one in editions.values())
