"""The direction of a text by its letters: clients lose `dir="auto"` and `<bdi>`, but keep dir."""

from __future__ import annotations

import unicodedata

from markupsafe import Markup

_STRONG = {"L": "ltr", "R": "rtl", "AL": "rtl"}  # the strong types of UAX #9


def direction_of(text: str, default: str) -> str:
    """`ltr` or `rtl`, by which most letters are; `default` for a text without letters or a tie.

    The first letter does not decide, as with `dir="auto"`: an Arabic headline may begin with a
    Latin name.
    """
    if text.isascii():
        return "ltr" if any(map(str.isalpha, text)) else default
    counts = {"ltr": 0, "rtl": 0}
    for character in text:
        if direction := _STRONG.get(unicodedata.bidirectional(character)):
            counts[direction] += 1
    if counts["ltr"] == counts["rtl"]:
        return default
    return max(counts, key=lambda direction: counts[direction])


def direction_attribute(text: str, around: str) -> Markup:
    """A `dir` attribute, with a space before it, where the text runs against what is `around` it."""
    direction = direction_of(text, around)
    return Markup("") if direction == around else Markup(' dir="{}"').format(direction)


def isolated(text: str, around: str) -> Markup:
    """The text escaped, in an element of its own where it runs against what is `around` it."""
    attribute = direction_attribute(text, around)
    return Markup("<span{}>{}</span>").format(attribute, text) if attribute else Markup.escape(text)
