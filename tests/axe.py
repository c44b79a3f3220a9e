"""What axe-core objects to on a page that is open in Chromium."""

from __future__ import annotations

from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.sampling import IS_WHOLE

Mode = Literal["light", "dark"]
MODES: tuple[Mode, ...] = ("light", "dark")

_FURTHER: tuple[tuple[Mode, int], ...] = (("dark", 1280), ("light", 360), ("light", 320))
LOOKS: tuple[tuple[Mode, int], ...] = (
    *(("light", 1280), ("dark", 360)),
    *(_FURTHER if IS_WHOLE else ()),
)
"""The modes and widths in which pages are looked at: two in the suite, and all in `make faults`."""

_ABOUT_COLOURS = ["color-contrast", "link-in-text-block"]


def load_axe(page: Page) -> None:
    """Load axe into the page, which its CSP does not forbid: the browser's own tool does it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)


def objections(page: Page, mode: Mode = "light") -> list[str]:
    """Rule and element of all that axe objects to.

    `mode` is "dark" for a page in dark that another call sees in light: of it the suite asks only
    the rules about colours, and `make faults` all of them. What sandboxed
    frames show is the mail, which has tests of its own.
    """
    options: dict[str, Any] = {"resultTypes": ["violations"], "iframes": False}
    if mode == "dark" and not IS_WHOLE:
        options["runOnly"] = _ABOUT_COLOURS
    load_axe(page)
    return run_axe(page, options)


def complaints(page: Page, mode: Mode = "light") -> list[str]:
    """What axe objects to on the page, and whether it is wider than its window."""
    found = objections(page, mode)
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append("wider than the window")
    return found


def run_axe(page: Page, options: dict[str, Any]) -> list[str]:
    """Rule and element of all that axe, which is loaded, objects to by these options of its own."""
    result = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def objections_in_both_modes(page: Page) -> list[str]:
    """What axe objects to in light and in dark, each after its mode."""
    found = []
    for mode in MODES:
        page.emulate_media(color_scheme=mode, reduced_motion="reduce")
        found += [f"{mode}: {objection}" for objection in objections(page, mode)]
    return found
