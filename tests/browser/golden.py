"""Pictures of themes that do not depend on the machine's fonts: `python -m tests.browser.golden` renews them."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

from PIL import Image, ImageFont
from playwright.sync_api import Browser

from newsletter.rendering.theme import open_theme
from tests.browsers import Chromium
from tests.factories.cases import CASES
from tests.install_programs import find_chromium

FOLDER = Path(__file__).parents[1] / "data" / "rendering" / "golden"
SHOTS = (
    ("standard", "light", 600),
    ("standard", "dark", 375),
    ("letter", "light", 375),
    ("letter", "dark", 600),
    ("plum", "light", 600),
    ("gazette", "light", 600),
    ("magazine", "dark", 375),
    ("links", "light", 375),
)
SHRINK = 4
"""Hinting and anti-aliasing differ between machines; a picture of a quarter's size hardly does."""


def shoot(browser: Browser, theme: str, mode: str, width: int) -> Image.Image:
    """The theme with every kind of part, small, set in the font that Pillow carries."""
    font: bytes = ImageFont.load_default(16).font_bytes  # type: ignore[union-attr]
    face = base64.b64encode(font).decode()
    style = (
        f'<style>@font-face {{ font-family: Golden; src: url("data:font/ttf;base64,{face}"); }}'
        " * { font-family: Golden !important; }</style></head>"
    )
    html = CASES["notes and blocks"].edition(open_theme(None, theme)).html
    html = re.sub(r"</head>", lambda _match: style, html, count=1)
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if mode == "dark" else "light",
        offline=True,
    )
    page = context.new_page()
    page.set_content(html)
    page.evaluate("document.fonts.ready")
    shot = page.screenshot(full_page=True)
    context.close()
    with Image.open(io.BytesIO(shot)) as picture:
        return picture.convert("RGB").reduce(SHRINK)


def name_of(theme: str, mode: str, width: int) -> str:
    """`letter-dark-600.png`."""
    return f"{theme}-{mode}-{width}.png"


def main() -> None:
    """Take all pictures anew; look at them before you commit."""
    path = find_chromium()
    if path is None:
        raise SystemExit("there is no Chromium on this machine")
    browser = Chromium(path)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for theme, mode, width in SHOTS:
        picture = browser.run(lambda page, shot=(theme, mode, width): shoot(page, *shot))
        picture.quantize(64, dither=Image.Dither.NONE).save(
            FOLDER / name_of(theme, mode, width), optimize=True
        )
    browser.close()


if __name__ == "__main__":
    main()
