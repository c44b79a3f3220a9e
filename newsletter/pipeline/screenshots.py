"""Screenshots of an issue in Chromium, for `preview --screenshots` and the editors' reminder."""

from __future__ import annotations

import asyncio
import html
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.articles.fetch import HttpClient
from newsletter.config.settings import FetchSettings
from newsletter.errors import SourceError, UnavailableError

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page, Playwright, Route

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
WIDTHS = (320, 375, 600, 1024)
"""CSS pixels: the smallest phone, a common one, the mail's own width, a desktop pane."""
TIMEOUT_MS = 60_000
LETTER_WIDTH = 600
LETTER_HEIGHTS = (1200, 800, 400)
"""Heights to try, in CSS pixels from the top, until the picture is small enough for a letter."""
LETTER_BYTES = 300_000
LETTER_QUALITY = 75


@dataclass(frozen=True, kw_only=True, slots=True)
class ColourMode:
    """How a client shows a mail. With `inverts` it ignores our dark styles and inverts the colours."""

    name: str
    dark: bool = False
    inverts: bool = False
    pictures: bool = True


MODES = (
    ColourMode(name="light"),
    ColourMode(name="dark", dark=True),
    ColourMode(name="inverted", inverts=True),
    ColourMode(name="no-pictures", pictures=False),
)


def take_screenshots(
    document: str,
    folder: Path,
    settings: FetchSettings,
    *,
    now: datetime,
    modes: Sequence[ColourMode] = MODES,
    widths: Sequence[int] = WIDTHS,
) -> list[Path]:
    """Write `MODE-WIDTH.png` for each pair and a `gallery.html` that shows them; returns the files.

    Pictures are fetched by our guarded HTTP client; the browser itself has no network. Raises
    UnavailableError if Chromium or playwright is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = asyncio.run(_take_all(document, folder, settings, now, modes, widths))
    page = folder / "gallery.html"
    page.write_text(_gallery(modes, widths), encoding="utf-8")
    return [*files, page]


def take_screenshot(document: str, settings: FetchSettings, *, now: datetime) -> bytes:
    """The top of the document, light and 600 pixels wide, as a JPEG of at most 300 kB.

    Raises UnavailableError if Chromium or playwright is missing, or fails.
    """
    return asyncio.run(_take_one(document, settings, now))


def find_chromium() -> str:
    """The path of Chromium; raises UnavailableError if it is not installed."""
    path = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if path is None:
        raise UnavailableError(
            "there is no Chromium on this machine", fix="install it (Debian: apt install chromium)"
        )
    return path


async def _take_all(
    document: str,
    folder: Path,
    settings: FetchSettings,
    now: datetime,
    modes: Sequence[ColourMode],
    widths: Sequence[int],
) -> list[Path]:
    path = find_chromium()
    _require_playwright()
    from playwright.async_api import async_playwright

    files: list[Path] = []
    async with async_playwright() as playwright, HttpClient(settings) as client:
        pictures = _Pictures(client, now)
        for mode in modes:
            browser = await _start(playwright, path, mode)
            for width in widths:
                file = folder / f"{mode.name}-{width}.png"
                await _take_to_file(browser, document, mode, width, pictures, file)
                files.append(file)
            await browser.close()
    return files


async def _take_one(document: str, settings: FetchSettings, now: datetime) -> bytes:
    path = find_chromium()
    _require_playwright()
    from playwright.async_api import Error, async_playwright

    light = MODES[0]
    try:
        async with (
            asyncio.timeout(TIMEOUT_MS / 1000),
            async_playwright() as playwright,
            HttpClient(settings) as client,
        ):
            browser = await _start(playwright, path, light)
            page = await _open(browser, document, light, LETTER_WIDTH, _Pictures(client, now))
            for height in LETTER_HEIGHTS:
                await page.set_viewport_size({"width": LETTER_WIDTH, "height": height})
                picture = await page.screenshot(type="jpeg", quality=LETTER_QUALITY)
                if len(picture) <= LETTER_BYTES:
                    break
            await browser.close()
    except (Error, TimeoutError) as error:
        raise UnavailableError(f"Chromium cannot take a screenshot: {error}") from error
    if len(picture) > LETTER_BYTES:
        raise UnavailableError(f"a picture of {len(picture):,} bytes is too large for a letter")
    return picture


def _require_playwright() -> None:
    if find_spec("playwright") is None:
        raise UnavailableError(
            "screenshots need playwright", fix="pip install 'newsletter-press[screenshots]'"
        )


async def _start(playwright: Playwright, path: str, mode: ColourMode) -> Browser:
    # On servers we often run as root in a container, where Chromium's sandbox cannot start. Only
    # our own sanitised mail is opened, without scripts and without a network.
    arguments = ["--no-sandbox", "--disable-background-networking", "--force-color-profile=srgb"]
    if mode.inverts:  # as Android's WebView does for a page without dark styles
        arguments.append("--blink-settings=forceDarkModeEnabled=true,preferredColorScheme=0")
    return await playwright.chromium.launch(executable_path=path, args=arguments)


async def _take_to_file(
    browser: Browser, document: str, mode: ColourMode, width: int, pictures: _Pictures, file: Path
) -> None:
    page = await _open(browser, document, mode, width, pictures)
    await page.screenshot(path=file, full_page=True, timeout=TIMEOUT_MS)
    await page.context.close()


async def _open(
    browser: Browser, document: str, mode: ColourMode, width: int, pictures: _Pictures
) -> Page:
    context = await browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if mode.dark or mode.inverts else "light",
        java_script_enabled=False,
        offline=True,
    )
    page = await context.new_page()
    await page.route("**/*", pictures.serve if mode.pictures else _refuse)
    if mode.inverts:  # Gmail drops both the meta tags and the media query
        document = document.replace("color-scheme", "ignored-scheme")
    await page.set_content(document, wait_until="load", timeout=TIMEOUT_MS)
    return page


class _Pictures:
    """Answers the browser's requests for pictures with our HTTP client, each address once."""

    def __init__(self, client: HttpClient, now: datetime) -> None:
        self._client = client
        self._now = now
        self._cache: dict[str, tuple[bytes, str]] = {}

    async def serve(self, route: Route) -> None:
        """Answer with the picture; abort the request if it cannot be fetched."""
        url = route.request.url
        if route.request.resource_type != "image":
            await route.abort()
            return
        if url not in self._cache:
            try:
                fetched = await self._client.fetch(url, memory=None, now=self._now)
                self._cache[url] = (fetched.body, fetched.content_type)
            except SourceError:
                self._cache[url] = (b"", "")
        body, kind = self._cache[url]
        if body:
            await route.fulfill(body=body, content_type=kind)
        else:
            await route.abort()


async def _refuse(route: Route) -> None:
    await route.abort()


def _gallery(modes: Sequence[ColourMode], widths: Sequence[int]) -> str:
    figures = "\n".join(
        f'<figure><img src="{mode.name}-{width}.png" width="{width // 2}" '
        f'alt="{html.escape(mode.name)} at {width} pixels">'
        f"<figcaption>{html.escape(mode.name)}, {width}</figcaption></figure>"
        for mode in modes
        for width in widths
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Screenshots</title>\n'
        '<meta name="viewport" content="width=device-width">\n<style>\n'
        "body { font: 14px/1.5 sans-serif; margin: 24px; background: #767b80; color: #ffffff; }\n"
        "main { display: flex; flex-wrap: wrap; gap: 24px; align-items: flex-start; }\n"
        "figure { margin: 0; } figcaption { padding: 8px 0; } img { display: block; }\n"
        f"</style></head><body><main>\n{figures}\n</main></body></html>\n"
    )
