"""`[images] host = true`: the pictures of an issue are kept at its approval and shown from this site."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from email.utils import format_datetime
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image as Pillow

from newsletter.pipeline.approve import approve
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.reader_copy import Reader, copy_for
from newsletter.site.picture_addresses import pictures_in
from newsletter.site.site import Site
from newsletter.web.app import make_app
from tests.factories.runs import MONDAY, THURSDAY
from tests.factories.site import make_site
from tests.servers.feeds import FeedServer
from tests.servers.web import serving, web_client

TABLES = """
[images]
host = true

[fetch]
allow_private = ["127.0.0.2"]
timeout = "30s"
"""
UNHOSTED = TABLES.replace("[images]\nhost = true\n", "")
CAMERA = 271
"""The EXIF tag of the camera's maker."""


@pytest.fixture
def stranger() -> Iterator[FeedServer]:
    """A publisher's server on another host."""
    with FeedServer("127.0.0.2") as server:
        yield server


def drawn(form: str, mode: str = "RGB", size: tuple[int, int] = (600, 400)) -> bytes:
    """A picture in this format, which tells who made it where the format can."""
    file = BytesIO()
    picture = Pillow.new(mode, size)
    exif = Pillow.Exif()
    exif[CAMERA] = "A maker"
    picture.save(file, form, **({"exif": exif} if form in ("JPEG", "WEBP", "AVIF") else {}))
    return file.getvalue()


def moving() -> bytes:
    """An animation."""
    file = BytesIO()
    frames = [Pillow.new("RGB", (600, 400), colour) for colour in ("teal", "navy")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=100)
    return file.getvalue()


def site_with(folder: Path, *pictures: str, tables: str = TABLES) -> Site:
    """A site with an article for each of these pictures."""
    site = make_site(folder, now=THURSDAY, tables=tables, min_items=1)
    for number, picture in enumerate(pictures):
        text = (
            f'---\ntitle: "Story {number} of the week"\ndate: {THURSDAY.isoformat()}\n'
            f"url: https://press.example.org/{number}\nimage: {picture}\n"
            f"summary: What happened on day {number}.\n---\nIt happened on day {number}.\n"
        )
        (folder / "articles" / f"{number}.md").write_text(text, encoding="utf-8")
    return site


def approved_pictures(site: Site) -> list[str]:
    """The addresses of the pictures in the approved mail, in the order of the articles."""
    gather(site, "weekly", now=MONDAY)
    issue = approve(site, "weekly", draft(site, "weekly", now=MONDAY).number, now=MONDAY)
    return pictures_in(copy_for(site, issue, Reader(), now=MONDAY).html)


@pytest.mark.parametrize(
    ("bodies", "endings"),
    [
        (
            [drawn("JPEG", size=(3000, 2000)), drawn("WEBP", "RGBA"), moving()],
            ["gif", "jpg", "png"],
        ),
        ([drawn("AVIF"), drawn("JPEG", "CMYK"), drawn("BMP")], ["jpg", "jpg", "jpg"]),
    ],
    ids=["shown by some", "shown by hardly any"],
)
def test_pictures_are_kept_in_a_form_that_every_mail_program_shows(
    tmp_path: Path, stranger: FeedServer, bodies: list[bytes], endings: list[str]
) -> None:
    """Re-encoded without what the file says of its maker; an animation stays one."""
    urls = [stranger.put(f"/{n}", body, "image/x") for n, body in enumerate(bodies)]
    site = site_with(tmp_path, *urls)
    shown = approved_pictures(site)
    assert len(shown) == len(bodies)
    assert all(url.startswith("https://news.example.org/pictures/kept/") for url in shown)
    assert sorted(url.rpartition(".")[2] for url in shown) == endings
    stranger.put("/0", "gone", status=404)
    with (
        serving(make_app(site, clock=lambda: MONDAY)) as address,
        web_client(base_url=address) as web,
    ):
        for url in shown:
            answer = web.get(url.removeprefix("https://news.example.org"))
            assert "immutable" in answer.headers["cache-control"]
            with Pillow.open(BytesIO(answer.content)) as picture:
                assert picture.get_format_mimetype() == answer.headers["content-type"]
                assert picture.width <= 1200
                assert picture.mode != "CMYK"
                assert CAMERA not in picture.getexif()
                assert getattr(picture, "is_animated", False) is url.endswith(".gif")
            tag = {"If-None-Match": answer.headers["etag"]}
            path = url.removeprefix("https://news.example.org")
            assert web.get(path, headers=tag).status_code == 304
        for wrong in ("..%2Fnewsletter.toml", "0" * 40 + ".jpg", "x.svg"):
            assert web.get(f"/pictures/kept/{wrong}").status_code == 404
    assert (tmp_path / "pictures").stat().st_mode & 0o077 == 0
    site.database.close()


def test_a_picture_that_cannot_be_had_stays_at_its_publishers(
    tmp_path: Path, stranger: FeedServer
) -> None:
    """The issue goes out all the same; a second approval keeps what was kept first."""
    here = stranger.put("/here.png", drawn("PNG"), "image/png")
    gone = stranger.put("/gone.png", drawn("PNG", size=(640, 400)), "image/png")
    drawing = stranger.put("/x.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")
    hidden = drawn("PNG", size=(640, 400))[:60] + b"<script>alert(1)</script>MZ" * 1_000
    program = stranger.put("/program.png", hidden, "image/png")
    site = site_with(tmp_path, here, gone, drawing, program)
    gather(site, "weekly", now=MONDAY)
    stranger.put("/gone.png", "gone", status=404)
    shown = approved_pictures(site)
    assert gone in shown
    assert program in shown  # such as a program behind the header of a picture
    assert here not in shown
    assert len([url for url in shown if "/pictures/kept/" in url]) == 1
    site.database.close()


@pytest.mark.parametrize("host", [True, False])
def test_a_feed_may_have_pictures_that_are_converted(
    tmp_path: Path, stranger: FeedServer, host: bool
) -> None:
    """One for printing, in CMYK, is not refused where the site makes another of it."""
    picture = stranger.put("/a.jpg", drawn("JPEG", "CMYK"), "image/jpeg")
    feed = stranger.put(
        "/rss",
        "<rss version='2.0' xmlns:media='http://search.yahoo.com/mrss/'><channel><title>News</title>"
        "<item><title>A bridge opens</title><link>https://press.example.org/b</link>"
        f"<pubDate>{format_datetime(THURSDAY)}</pubDate><media:content medium='image' url='{picture}'/>"
        "</item></channel></rss>",
    )
    source = f'[[newsletters.weekly.sources]]\nfeed = "{feed}"\n'
    site = site_with(tmp_path, tables=(TABLES if host else UNHOSTED) + source)
    shown = approved_pictures(site)
    assert [url.rpartition(".")[2] for url in shown] == (["jpg"] if host else [])
    site.database.close()


def test_nobody_can_ask_whether_a_picture_is_kept(tmp_path: Path, stranger: FeedServer) -> None:
    """Its name does not follow from its address: an issue may be unsent, or not public."""
    url = stranger.put("/a.png", drawn("PNG"), "image/png")
    site = site_with(tmp_path, url)
    (shown,) = approved_pictures(site)
    names = {make(url.encode()).hexdigest()[:40] for make in (hashlib.sha256, hashlib.sha1)}
    assert not any(name in shown for name in names)
    site.database.close()


def test_pictures_stay_at_their_publishers_unless_wanted(
    tmp_path: Path, stranger: FeedServer
) -> None:
    """The default: nothing is fetched for an approval, and no folder is made."""
    url = stranger.put("/a.png", drawn("PNG"), "image/png")
    site = site_with(tmp_path, url, tables=UNHOSTED)
    assert approved_pictures(site) == [url]
    assert not (tmp_path / "pictures").exists()
    site.database.close()


def test_our_pages_ask_for_a_kept_picture_where_it_is(tmp_path: Path) -> None:
    """Below the site's path, and not through the fetching of strangers' pictures."""
    site = make_site(tmp_path, now=THURSDAY, url="https://www.example.org/letter")
    name = "0" * 40 + ".jpg"
    kept = f"https://www.example.org/letter/pictures/kept/{name}"
    html = site.picture_addresses.in_html(f'<img src="{kept}" alt="">')
    assert html == f'<img src="/letter/pictures/kept/{name}" alt="">'
    site.database.close()
