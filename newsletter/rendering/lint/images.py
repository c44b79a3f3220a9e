"""Are pictures sized, small and in a form that every client shows?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from newsletter.issues.issue import Item
from newsletter.rendering.lint.document import Document, finding
from newsletter.rendering.lint.finding import LintFinding

WIDEST = 2400
"""Pixels of the original; 600 on the page, twice that on fine screens, and room to spare."""
MANY = 25


def check_images(document: Document, items: Sequence[Item]) -> Iterator[LintFinding]:
    """Widths for Outlook, alternative text that repeats, originals that weigh more than they show."""
    widths = {item.image.url: item.image.width or 0 for item in items if item.image}
    images = list(document.elements("img"))
    for image in images:
        if not (image.get("width") or "").isdigit():
            fix = 'give it width="…" in pixels'
            yield finding(image, "image-width", "warning", who="Outlook for Windows", fix=fix)
        width = widths.get(image.get("src") or "", 0)
        if width > WIDEST:
            fix = f"offer a smaller one: it is {width} pixels wide, shown at {image.get('width')}"
            yield finding(image, "image-weight", "warning", who="readers on phones", fix=fix)
    if len(images) > MANY:
        fix = f"keep to {MANY} pictures or fewer (here: {len(images)})"
        yield finding(images[MANY], "image-count", "warning", who="readers on phones", fix=fix)
