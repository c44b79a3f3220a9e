"""Pictures as a mail shows them: with a width that every client obeys, and never enlarged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from newsletter.articles.article import Image
from newsletter.rendering.safe_text import one_line, web_link

LEAD_WIDTH = 552
CARD_WIDTH = 154
PHONE_WIDTH = 400
"""CSS pixels: 600 less 24 on each side; 28 % of that beside a card's text; a common phone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """An image with the width to show it at, in CSS pixels. `alt` is "" for decoration.

    `fluid` means that it is large enough to fill the width of a phone, `moves` that it is an animation.
    `still` is the address of its first frame, or "", and `name` the class of one that has a still.
    """

    url: str
    alt: str
    width: int
    fluid: bool
    moves: bool = False
    still: str = ""

    @property
    def name(self) -> str:
        """The same for the same picture, so that a rule finds it."""
        return f"moves-{hashlib.sha256(self.url.encode()).hexdigest()[:8]}" if self.still else ""


def sized_picture(
    image: Image | None, max_width: int, still_of: Callable[[str], str] | None = None
) -> Picture | None:
    """The picture in at most `max_width` pixels: never enlarged, and never taller than `max_width`."""
    url = web_link(image.url) if image else ""
    if image is None or not url or not max_width:
        return None
    width = min(max_width, image.width or max_width)
    portrait = bool(image.width and image.height and image.height > image.width)
    if image.width and image.height and portrait:
        width = min(width, max(1, max_width * image.width // image.height))
    fluid = not portrait and (image.width or PHONE_WIDTH) >= PHONE_WIDTH
    return Picture(
        url=url,
        alt=one_line(image.alt),
        width=width,
        fluid=fluid,
        moves=image.moves,
        still=still_of(url) if image.moves and still_of else "",
    )
