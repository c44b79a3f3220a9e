"""Takes the pictures in docs/images: the demo's issue, each theme and its palettes. `make pictures`."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from newsletter.issues.edits import PutBlock, Say
from newsletter.pipeline.edit import EditRequest, edit
from newsletter.pipeline.preview import preview
from newsletter.pipeline.screenshots import MODES, WIDTHS, take_screenshots
from newsletter.rendering.design_tokens import PALETTES, palette_names
from newsletter.rendering.theme import open_theme, theme_names
from newsletter.site.site import open_site
from newsletter.store import issues as issue_store
from tests.demo.articles import SAMPLE
from tests.demo.serving import serving
from tests.demo.site import make_site
from tests.demo.sources import sources_application
from tests.factories.cases import BLOCKS

TARGET = Path(__file__).parents[1] / "images"
NOW = datetime(2026, 5, 6, 9, 0, tzinfo=UTC)
INTRO = "Good morning. This week a lighthouse, a **tide clock** and a lock that explains itself."
COLOURS = 128
SHOWN = 2000
"""Pixels from the top: all kinds of parts are there, the rest repeats them."""


def main() -> None:
    """Make the demo's issue, with a note and two blocks, and photograph it."""
    with tempfile.TemporaryDirectory() as folder, serving(sources_application(NOW)) as sources:
        root = Path(folder)
        demo = make_site(
            root / "site",
            site_url="https://news.example.org",
            sources=sources,
            relay_port=25,
            now=NOW,
        )
        now = ("--now", NOW.isoformat())
        demo.run("subscribers", "import", str(SAMPLE / "subscribers.csv"), "--list", "weekly")
        demo.run("gather", *now)
        demo.run("draft", "weekly", *now)
        for theme in theme_names():
            os.environ["NEWSLETTER__NEWSLETTERS__WEEKLY__THEME"] = theme
            photograph(demo.folder, root / theme, theme)
    for theme in theme_names():
        if (open_theme(None, theme).folders[0] / PALETTES).is_file():
            save(swatches(theme), f"palettes-{theme}.png")


def swatches(theme: str) -> Image.Image:
    """The theme's palettes by name, in light above dark: the page, the paper, and what is on it."""
    names = (None, *palette_names(open_theme(None, theme).folders))
    sheet = Image.new("RGB", (120 * len(names), 176), "#ffffff")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for column, name in enumerate(names):
        tokens = open_theme(None, theme, palette=name).tokens
        left = 120 * column
        draw.text((left + 8, 4), name or "its own", fill="#1b2126", font=font)
        for row, colours in enumerate((tokens.light, tokens.dark)):
            top = 26 + 75 * row
            draw.rectangle((left, top, left + 119, top + 74), fill=colours.page)
            draw.rectangle((left + 8, top + 8, left + 111, top + 66), fill=colours.paper)
            draw.text((left + 16, top + 10), "Headline", fill=colours.ink, font=font)
            draw.text((left + 16, top + 27), "A link", fill=colours.accent, font=font)
            draw.rectangle((left + 16, top + 47, left + 103, top + 64), fill=colours.chip)
            draw.text((left + 20, top + 46), "Sponsor", fill=colours.chip_ink, font=font)
    return sheet


def photograph(folder: Path, out: Path, theme: str) -> None:
    """The issue in one theme: all widths of the standard one, the top of the others."""
    site = open_site(folder, os.environ)
    with site.database.transaction(read_only=True) as connection:
        issue = issue_store.find_issue(connection, "weekly", None)
    if not issue.words.intro:
        edits = [Say(name="intro", text=INTRO), *(PutBlock(block=block) for block in BLOCKS)]
        request = EditRequest(
            newsletter="weekly",
            number=issue.number,
            editor="pictures",
            seen_version=issue.version,
        )
        edit(site, request, edits, now=NOW)
    seen = preview(site, "weekly", None, as_address=None, now=NOW)
    standard = theme == "standard"
    take_screenshots(
        seen.html,
        out,
        site.settings.fetch,
        now=NOW,
        modes=MODES[:2],
        widths=WIDTHS if standard else (600,),
    )
    site.database.close()
    if standard:
        for shot in out.glob("*-*.png"):
            with Image.open(shot) as picture:
                save(picture.crop((0, 0, picture.width, SHOWN)), f"issue-{shot.name}")
    save(side_by_side(out / "light-600.png", out / "dark-600.png"), f"theme-{theme}.png")


def side_by_side(left: Path, right: Path) -> Image.Image:
    """The tops of two screenshots, at half their size."""
    with Image.open(left) as one, Image.open(right) as other:
        height = 1200
        both = Image.new("RGB", (1200, height), "#ffffff")
        both.paste(one, (0, 0))
        both.paste(other, (600, 0))
        return both.resize((600, height // 2), Image.Resampling.LANCZOS)


def save(picture: Image.Image, name: str) -> None:
    """Write a small PNG."""
    reduced = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    reduced.save(TARGET / name, optimize=True)
    print(f"{name}: {picture.width}x{picture.height}, {(TARGET / name).stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
