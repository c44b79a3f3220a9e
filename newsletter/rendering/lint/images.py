"""Checks the size and number of pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from newsletter.issues.issue import Item
from newsletter.rendering.lint.css import pixels, style_of
from newsletter.rendering.lint.document import Document, finding
from newsletter.rendering.lint.finding import LintFinding
from newsletter.rendering.lint.hidden import is_hidden

WIDEST = 2400
"""Pixels of the original. The page shows 600, or 1,200 on high-density screens."""
MANY = 25
_MOVEMENT = "readers whom movement distracts or makes ill, and who cannot stop it"
INVISIBLE = 3
"""Pixels of a side."""


def check_images(document: Document, items: Sequence[Item]) -> Iterator[LintFinding]:
    """Check that pictures have a width for Outlook, answer, are not oversized, and not too many."""
    widths = {item.image.url: item.image.width or 0 for item in items if item.image}
    silent = {item.image.url for item in items if item.image and item.image.answers is False}
    moving = {item.image.url for item in items if item.image and item.image.moves}
    images = list(document.elements("img"))
    for image in images:
        if not (image.get("width") or "").isdigit():
            fix = 'give it width="…" in pixels'
            yield finding(image, "image-width", "warning", who="Outlook for Windows", fix=fix)
        if _is_pixel(image):
            fix = "remove it: a picture that cannot be seen tells on those who load it"
            yield finding(
                image, "tracking-pixel", "warning", who="readers, who are tracked", fix=fix
            )
        if image.get("src") in silent:
            fix = "take another picture, or none: this one could not be loaded"
            yield finding(image, "image-answer", "warning", who="every reader", fix=fix)
        if image.get("src") in moving:
            fix = "take a picture that does not move, such as its first frame"
            yield finding(image, "motion", "warning", who=_MOVEMENT, fix=fix)
        width = widths.get(image.get("src") or "", 0)
        if width > WIDEST:
            fix = f"use a smaller one: it is {width} pixels wide, but shown at {image.get('width')}"
            yield finding(image, "image-weight", "warning", who="readers on phones", fix=fix)
    if len(images) > MANY:
        fix = f"use at most {MANY} pictures (here: {len(images)})"
        yield finding(images[MANY], "image-count", "warning", who="readers on phones", fix=fix)


def _is_pixel(image: Any) -> bool:
    """Whether the picture is too small to be seen, or hidden."""
    style = style_of(image)
    sides = [
        pixels(style.get(side)) if pixels(style.get(side)) is not None else _number(image.get(side))
        for side in ("width", "height")
    ]
    return is_hidden(image) or any(side is not None and side <= INVISIBLE for side in sides)


def _number(text: str | None) -> float | None:
    return float(text) if text and text.isdigit() else None
