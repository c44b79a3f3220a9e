"""preview --screenshots: pictures of the issue in each mode and width."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from newsletter.config.settings import FetchSettings
from newsletter.errors import UnavailableError
from newsletter.pipeline import screenshots as gallery
from newsletter.pipeline.screenshots import ColourMode, take_screenshots
from tests.browsers import Chromium
from tests.factories.editions import make_edition
from tests.factories.issues import DUE, make_article, make_image, make_item
from tests.servers.feeds import FeedServer

pytestmark = pytest.mark.browser

RED = (200, 30, 40)


def png() -> bytes:
    """A red picture."""
    written = io.BytesIO()
    Image.new("RGB", (1104, 400), RED).save(written, "PNG")
    return written.getvalue()


def has_red(file: Path) -> bool:
    """Whether the screenshot shows the picture."""
    with Image.open(file) as shot:
        colours = shot.convert("RGB").getcolors(maxcolors=1 << 24) or []
    return any(colour == RED and count > 1000 for count, colour in colours)


def brightness(file: Path) -> int:
    """Of the top left corner, 0 to 255."""
    with Image.open(file) as shot:
        return int(shot.convert("L").getpixel((2, 200)))


def test_gallery(tmp_path: Path, chromium: Chromium) -> None:
    """A file for each mode and width, as wide as asked; pictures come through our door, once."""
    with FeedServer() as server:
        server.put("/picture.png", png(), content_type="image/png")
        image = make_image(url=server.url("/picture.png"), width=1104, height=400)
        edition = make_edition([make_item(make_article(image=image))])
        files = take_screenshots(
            edition.html,
            tmp_path,
            FetchSettings(allow_private=("127.0.0.1",)),
            now=DUE,
            widths=(320, 600),
        )
        assert len([seen for seen in server.seen if seen.path == "/picture.png"]) == 1
    assert len(files) == 9
    widths = {}
    for file in files[:-1]:
        with Image.open(file) as shot:
            widths[file.stem] = shot.width
    assert widths["dark-320"] == 320
    assert widths["no-pictures-600"] == 600
    assert brightness(tmp_path / "light-600.png") > 200
    assert brightness(tmp_path / "dark-600.png") < 60
    assert brightness(tmp_path / "inverted-600.png") < 60
    assert has_red(tmp_path / "light-600.png")
    assert has_red(tmp_path / "dark-320.png")
    assert not has_red(tmp_path / "no-pictures-600.png")
    assert files[-1].read_text().count("<img ") == 8


def test_private_pictures_stay_private(tmp_path: Path, chromium: Chromium) -> None:
    """A picture at an address the site does not allow is not fetched, by us or by the browser."""
    with FeedServer() as server:
        server.put("/picture.png", png(), content_type="image/png")
        image = make_image(url=server.url("/picture.png"))
        html = make_edition([make_item(make_article(image=image))]).html
        (shot, _page) = take_screenshots(
            html,
            tmp_path,
            FetchSettings(),
            now=DUE,
            modes=(ColourMode(name="light"),),
            widths=(600,),
        )
        assert server.seen == []
    assert not has_red(shot)


def test_without_a_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Chromium says what to install."""
    monkeypatch.setattr(gallery, "CHROMIUM", ())
    with pytest.raises(UnavailableError, match="no Chromium") as caught:
        take_screenshots("<p>x</p>", tmp_path, FetchSettings(), now=DUE)
    assert "apt install chromium" in (caught.value.problem.fix or "")
