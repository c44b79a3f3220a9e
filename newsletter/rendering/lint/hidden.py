"""Whether readers can see an element, by style attributes and style sheets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from cssselect import SelectorError
from lxml.cssselect import CSSSelector
from tinycss2.color4 import parse_color

from newsletter.rendering.lint.css import Rule, pixels, read_sheet, style_of
from newsletter.rendering.lint.document import Document

_FAR = -200
"""CSS pixels: text moved as far is outside the screen, or outside its box."""
_FAINTEST = 0.1
"""Opacity."""
_SMALLEST = 2
"""CSS pixels of a letter."""
_OTHER_MEDIA = re.compile(r"\bprint\b|prefers-reduced-motion|forced-colors")
"""Conditions of style sheets that do not say how most readers see a mail."""


def is_hidden(element: Any) -> bool:
    """Whether an attribute of the element, or of one around it, hides it."""
    return any(
        one.get("hidden") is not None or hides(style_of(one))
        for one in (element, *element.iterancestors())
    )


def is_unreadable(element: Any) -> bool:
    """Whether it is hidden, or its own text is too small or transparent."""
    return is_hidden(element) or _is_faint(style_of(element))


def hidden_by_sheets(document: Document) -> frozenset[Any]:
    """The elements that a rule of a style sheet hides, on a phone or everywhere."""
    hidden: set[Any] = set()
    for css in document.style_sheets():
        for rule in read_sheet(css).rules:
            style = {one.name: one.value for one in rule.declarations}
            if not _OTHER_MEDIA.search(rule.media) and (hides(style) or _is_faint(style)):
                hidden.update(_hidden_by(rule, document))
    return frozenset(hidden)


def _hidden_by(rule: Rule, document: Document) -> list[Any]:
    """The elements that the rule hides although their own style comes before a style sheet."""
    found = []
    for selector in rule.selectors:
        try:
            matched: Any = CSSSelector(selector, translator="html")(document.root)
        except SelectorError:
            continue  # a selector for one client
        for element in matched:
            own = style_of(element)
            style = own | {
                one.name: one.value
                for one in rule.declarations
                if one.important or one.name not in own
            }
            if hides(style) or _is_faint(style):
                found.append(element)
    return found


def hides(style: Mapping[str, str]) -> bool:
    """Whether a style with these properties hides an element and what is in it."""
    is_clipped = style.get("overflow") == "hidden" and any(
        pixels(style.get(side)) == 0 for side in ("height", "max-height", "width", "max-width")
    )
    return (
        style.get("display") == "none"
        or style.get("visibility") in ("hidden", "collapse")
        or (_number(style.get("opacity")) or 1) < _FAINTEST
        or _number(style.get("opacity")) == 0
        or style.get("mso-hide") == "all"
        or style.get("clip", "").replace(" ", "").startswith(("rect(0,0,0,0", "rect(0000"))
        or is_clipped
        or any(
            (pixels(style.get(name)) or 0) < _FAR
            for name in ("text-indent", "left", "top", "margin-left", "margin-top")
        )
    )


def _is_faint(style: Mapping[str, str]) -> bool:
    size = pixels(style.get("font-size"))
    colour = parse_color(style.get("color", ""))
    alpha = 1.0 if colour is None or isinstance(colour, str) else colour.alpha
    return (size is not None and size < _SMALLEST) or alpha < _FAINTEST


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None
