"""Strangers' pictures in our pages: they come from here, and their servers see only us."""

from __future__ import annotations

import os
import re
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from pathlib import Path

import httpx2
import pytest
from PIL import Image as Pillow

from newsletter.config.settings import FetchSettings
from newsletter.rendering.theme import shipped_templates
from newsletter.site.picture_addresses import PictureAddresses
from newsletter.site.site import Site
from newsletter.store.database import Database
from newsletter.web.app import make_app
from newsletter.web.pictures import routes
from newsletter.web.pictures.cache import FRESH
from newsletter.web.pictures.routes import ASK_AGAIN
from tests.factories.desk import NOW, make_site
from tests.servers.feeds import FeedServer, respond
from tests.servers.web import serving, web_client

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def drawn(form: str = "PNG", size: tuple[int, int] = (300, 200)) -> bytes:
    """A picture in this format."""
    file = BytesIO()
    Pillow.new("RGB", size, "teal").save(file, form)
    return file.getvalue()


def claiming(width: int, height: int) -> bytes:
    """A small PNG whose header says that it has this size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    )


class Clock:
    """The present of the site."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        """The present."""
        return self.now


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Machines that are slow need as long as they need."""
    monkeypatch.setattr(routes, "PATIENCE", timedelta(minutes=5))


@pytest.fixture
def stranger() -> Iterator[FeedServer]:
    """A server of pictures on another host."""
    with FeedServer("127.0.0.2") as server:
        yield server


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Site:
    """A site that may fetch from there."""
    made = make_site(sqlite_database, tmp_path)
    fetch = FetchSettings.model_validate(
        {"allow_private": ["127.0.0.2"], "max_bytes": 1_000_000, "timeout": "3s"}
    )
    return replace(made, settings=made.settings.model_copy(update={"fetch": fetch}))


@pytest.fixture
def clock() -> Clock:
    """What time it is."""
    return Clock()


@pytest.fixture
def client(site: Site, clock: Clock) -> Iterator[httpx2.Client]:
    """A browser, which has a cookie."""
    with (
        serving(make_app(site, clock=clock)) as base,
        web_client(base_url=base, cookies={"newsletter-session": "secret"}) as browser,
    ):
        yield browser


def until(holds: Callable[[], bool]) -> None:
    """Wait for what comes behind an answer."""
    patience = threading.Event()
    while not holds():
        patience.wait(0.02)


def address(site: Site, url: str) -> str:
    """Where the site shows the picture."""
    return PictureAddresses(sign=site.keyed, base="").address(url)


def test_the_publisher_sees_one_request_and_nobody_behind_it(
    site: Site, client: httpx2.Client, stranger: FeedServer, clock: Clock
) -> None:
    """However often a picture is looked at: no cookie, no referrer, no browser's name."""
    here = address(site, stranger.put("/a.png", drawn(), "image/png"))
    with ThreadPoolExecutor(6) as readers:
        answers = list(readers.map(lambda _: client.get(here), range(12)))
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.content for answer in answers} == {drawn()}
    (seen,) = stranger.seen
    assert not {"cookie", "referer", "x-forwarded-for", "origin"} & set(seen.headers)
    assert seen.headers["user-agent"].startswith("newsletter/")
    headers = answers[0].headers
    assert headers["content-type"] == "image/png"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"].endswith("sandbox")
    assert headers["cache-control"] == "public, max-age=86400"
    again = client.get(here, headers={"If-None-Match": headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    clock.now += FRESH
    assert client.get(here).content == drawn()
    until(lambda: len(stranger.seen) == 2)


def test_pictures_of_sent_mails_outlive_a_change_of_the_key(
    site: Site, stranger: FeedServer, clock: Clock
) -> None:
    """Still and preview addresses of before are served while the site lists the former key."""
    url = stranger.put("/a.png", drawn(), "image/png")
    sent = site.picture_addresses
    listed = site.settings.site.model_copy(update={"former_secret_keys": (site.secret,)})
    changed = replace(site, secret="k" * 40)
    for settings, expected in ((listed, 200), (site.settings.site, 404)):
        now = replace(changed, settings=site.settings.model_copy(update={"site": settings}))
        with serving(make_app(now, clock=clock)) as base, web_client(base_url=base) as browser:
            for address_of in (sent.of_still, sent.of_preview, sent.address):
                assert browser.get(address_of(url)).status_code == expected


def test_a_restarted_server_has_them_still(site: Site, stranger: FeedServer) -> None:
    """They are kept in the site's folder, and are shown while their publisher is away."""
    here = address(site, stranger.put("/a.png", drawn(), "image/png"))
    for day in (0, 1, 7, 8):
        app = make_app(site, clock=lambda: NOW + timedelta(days=day))  # noqa: B023 - it ends here
        with serving(app) as base, web_client(base_url=base) as browser:
            assert browser.get(here).content == drawn()
        stranger.put("/a.png", b"", status=503)
    assert [seen.path for seen in stranger.seen] == ["/a.png"] * 3


def test_a_link_preview_has_the_picture_in_its_shape(
    site: Site, client: httpx2.Client, stranger: FeedServer
) -> None:
    """A JPEG of 1200 × 630, made once; where none can be made, the picture as it is, or 404."""
    addresses = PictureAddresses(sign=site.keyed, base="")
    here = addresses.of_preview(stranger.put("/a.png", drawn(size=(900, 1600)), "image/png"))
    for _ in range(2):
        answer = client.get(here)
        assert answer.headers["content-type"] == "image/jpeg"
        assert Pillow.open(BytesIO(answer.content)).size == (1200, 630)
    again = client.get(here, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert len(stranger.seen) == 1
    file = BytesIO()
    frames = [Pillow.new("RGB", (300, 200), colour) for colour in ("teal", "red")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    still = client.get(addresses.of_still(stranger.put("/a.gif", file.getvalue(), "image/gif")))
    assert still.headers["content-type"] == "image/png"
    assert not getattr(Pillow.open(BytesIO(still.content)), "is_animated", False)
    cut = stranger.put("/b.png", drawn()[:80], "image/png")
    assert client.get(addresses.of_preview(cut)).content == drawn()[:80]
    assert (
        client.get(addresses.of_preview(stranger.put("/c", SVG, "image/svg+xml"))).status_code
        == 404
    )
    assert client.get(here.replace("a.png", "b.png")).status_code == 404


@pytest.mark.parametrize(
    ("form", "type_"),
    [("JPEG", "image/jpeg"), ("GIF", "image/gif"), ("WEBP", "image/webp"), ("AVIF", "image/avif")],
)
def test_the_type_is_what_the_octets_are(
    site: Site, client: httpx2.Client, stranger: FeedServer, form: str, type_: str
) -> None:
    """Whatever the server says."""
    answer = client.get(address(site, stranger.put("/a", drawn(form), "text/html")))
    assert answer.headers["content-type"] == type_


@pytest.mark.parametrize(
    "body",
    [
        SVG,
        b"<html><script>alert(1)</script></html>",
        b"",
        b"%PDF-1.4",
        os.urandom(5_000),
        claiming(40_000, 40_000),
        claiming(8_000, 8_000),
        b"\x89PNG\r\n\x1a\n",
        b"x" * 1_000_001,
    ],
    ids=["svg", "html", "empty", "pdf", "noise", "1600 MP", "64 MP", "head", "too large"],
)
def test_what_is_no_picture_to_be_shown_is_not_shown(
    site: Site, client: httpx2.Client, stranger: FeedServer, body: bytes, clock: Clock
) -> None:
    """The page shows the alt text; the publisher is not asked at every look."""
    here = address(site, stranger.put("/a.png", body, "image/png"))
    for _ in range(3):
        answer = client.get(here)
        assert (answer.status_code, answer.content) == (404, b"")
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert len(stranger.seen) == 1
    clock.now += ASK_AGAIN
    stranger.put("/a.png", drawn(), "image/png")
    assert client.get(here).status_code == 200


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_body_that_grows_when_it_is_decoded_is_refused(
    site: Site, client: httpx2.Client, stranger: FeedServer, coding: str
) -> None:
    """50 MB of white in 50 kB."""
    made = zlib.compressobj(9, zlib.DEFLATED, 31 if coding == "gzip" else 15)
    body = made.compress(drawn("BMP") + bytes(50_000_000)) + made.flush()
    here = address(
        site, stranger.put("/a.bmp", body, "image/bmp", headers={"Content-Encoding": coding})
    )
    assert client.get(here).status_code == 404


def test_only_pictures_of_our_pages_are_fetched(
    site: Site, client: httpx2.Client, stranger: FeedServer
) -> None:
    """A signature is for one address, so that the site is not an open proxy."""
    here = address(site, stranger.put("/a.png", drawn(), "image/png"))
    signature = here.partition("?")[0]
    other = stranger.put("/b.png", drawn(), "image/png")
    for wrong in (
        f"{signature}?of={other}",
        f"{signature}?of={other}&of={stranger.url('/a.png')}x",
        signature,
        f"{signature}?of=",
        f"{signature[:-1]}?{here.partition('?')[2]}",
        here.replace("/pictures/", "/pictures/%C3%BC"),
        f"/pictures/?{here.partition('?')[2]}",
    ):
        assert client.get(wrong).status_code == 404, wrong
    assert client.post(here).status_code == 405
    assert stranger.seen == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/a.png",
        "http://localhost/a.png",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/a.png",
        "http://2130706433/a.png",
        "http://0x7f.1/a.png",
        "file:///etc/passwd",
        "http://",
        "http://[",
        "http://a:b/",
        "http://127.0.0.2:99999/",
        "http://exa mple.org/\r\nX: y",
        "http://" + "a" * 300 + ".example/",
        "http://\u2603.example.org:8\u0660/",
        "gopher://127.0.0.2/",
        "//127.0.0.2/a.png",
        "http://example.org/" + "a" * 9_000,
    ],
)
def test_no_address_leads_inside_or_to_a_failure(
    site: Site, client: httpx2.Client, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Addresses are strangers' text: even a signed one goes through the guard."""
    assert client.get(address(site, url)).status_code == 404
    assert "failed" not in caplog.text


def test_a_redirect_is_followed_outside_only(
    site: Site, client: httpx2.Client, stranger: FeedServer
) -> None:
    """One that leads to a private host ends there."""
    stranger.put("/b.png", drawn(), "image/png")
    with FeedServer("127.0.0.1") as private:
        private.put("/c.png", drawn(), "image/png")
        stranger.redirect("/in", private.url("/c.png"))
        stranger.redirect("/on", stranger.url("/b.png"))
        assert client.get(address(site, stranger.url("/in"))).status_code == 404
        assert client.get(address(site, stranger.url("/on"))).status_code == 200
        assert private.seen == []


def test_a_picture_that_breaks_off_is_not_kept(
    site: Site, client: httpx2.Client, stranger: FeedServer, clock: Clock
) -> None:
    """A part of it would be shown for a week; it is fetched again when its server has recovered."""

    def broken(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(drawn())))
        request.end_headers()
        request.wfile.write(drawn()[:100])

    here = address(site, stranger.on("/a.png", broken))
    assert client.get(here).status_code == 404
    stranger.put("/a.png", drawn(), "image/png")
    clock.now += ASK_AGAIN
    assert client.get(here).content == drawn()


def test_slow_servers_hold_nobody(
    site: Site, client: httpx2.Client, stranger: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser does not wait for twenty pictures that do not come, nor does another page; they may come later."""
    monkeypatch.setattr(routes, "PATIENCE", timedelta(seconds=0.1))

    def late(request: BaseHTTPRequestHandler) -> None:
        stranger.closing.wait()
        respond(request, drawn(), "image/png")

    slow = [address(site, stranger.on(f"/slow-{number}", late)) for number in range(20)]
    with ThreadPoolExecutor(20) as readers:
        answers = list(readers.map(client.get, slow))
    assert {answer.status_code for answer in answers} == {503}
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
    assert client.get("/join/weekly").status_code == 200
    stranger.closing.set()
    until(lambda: client.get(slow[-1]).status_code != 503)


def test_a_folder_that_cannot_be_written_costs_no_picture(
    site: Site, client: httpx2.Client, stranger: FeedServer
) -> None:
    """It is fetched each time, and the log says why."""
    (site.folder / "cache").write_text("a file of somebody else")
    here = address(site, stranger.put("/a.png", drawn(), "image/png"))
    assert [client.get(here).status_code for _ in range(2)] == [200, 200]


def test_a_former_key_opens_nothing(site: Site, client: httpx2.Client) -> None:
    """The address of another site's picture is not ours."""
    other = replace(site, secret="o" * 48)
    assert client.get(address(other, "http://127.0.0.2/a.png")).status_code == 404


def test_no_page_names_a_picture_elsewhere(site: Site) -> None:
    """The policies let none load; and every route with pictures names them here."""
    for path in (shipped_templates() / "web").rglob("*.j2"):
        for source in re.findall(r'<img[^>]*\ssrc="([^"]*)"', path.read_text("utf-8")):
            assert "|picture" in unescape(source) or source.startswith("{{ base }}"), path
