"""Checks that what a reader needs can be seen and reached: nothing hidden, too wide or too small."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from newsletter.rendering.edition import Slot
from newsletter.rendering.lint.css import pixels, style_of
from newsletter.rendering.lint.document import Document, finding, without_space
from newsletter.rendering.lint.finding import LintFinding
from newsletter.rendering.lint.hidden import hidden_by_sheets, is_hidden, is_unreadable
from newsletter.rendering.slots import sentinel

PHONE = 320
"""CSS pixels: the narrowest phone."""
SMALLEST_TARGET = 24
"""CSS pixels (WCAG 2.2, criterion 2.5.8)."""
LONG_LINE = 40
"""Characters of a line that must not break, at 13 pixels on the narrowest phone."""

_PHONES = "readers on phones"
_BY_ATTRIBUTE = frozenset({"img", "table", "hr"})
_WITH_WIDTH = (*_BY_ATTRIBUTE, "div", "p", "pre", "span", "h1", "h2", "h3", "center", "blockquote")


def check_visibility(document: Document, nonce: str, postal_address: str) -> Iterator[LintFinding]:
    """Find a hidden unsubscribe link or postal address, wide blocks, and targets too small to hit."""
    by_sheets = hidden_by_sheets(document)
    yield from _hidden_unsubscribe(document, nonce, by_sheets)
    yield from _hidden_postal_address(document, postal_address, by_sheets)
    yield from _wide_blocks(document)
    yield from _small_targets(document)
    yield from _repeated_ids(document)


def _is_unseen(element: Any, by_sheets: frozenset[Any]) -> bool:
    around = (element, *element.iterancestors())
    return is_unreadable(element) or any(one in by_sheets for one in around)


def _hidden_unsubscribe(
    document: Document, nonce: str, by_sheets: frozenset[Any]
) -> Iterator[LintFinding]:
    target = sentinel(Slot.UNSUBSCRIBE, nonce)
    links = [link for link in document.elements("a") if link.get("href") == target]
    if links and all(_is_unseen(link, by_sheets) for link in links):
        fix = "show an unsubscribe link: the law and mail providers require it"
        yield finding(links[0], "unsubscribe", "blocking", who="every reader", fix=fix)


def _hidden_postal_address(
    document: Document, postal_address: str, by_sheets: frozenset[Any]
) -> Iterator[LintFinding]:
    wanted = without_space(postal_address)
    around = list(_holding(document.root, wanted)) if wanted else []
    # The last one is the innermost that holds the whole address.
    if around and _is_unseen(around[-1], by_sheets):
        fix = "show the postal address: the law requires it"
        yield finding(around[-1], "postal-address", "blocking", who="every reader", fix=fix)


def _holding(element: Any, wanted: str) -> Iterator[Any]:
    """The element and those inside it whose text has the wanted words, in order."""
    if not isinstance(element.tag, str) or wanted not in without_space("".join(element.itertext())):
        return
    yield element
    for child in element:
        yield from _holding(child, wanted)


def _wide_blocks(document: Document) -> Iterator[LintFinding]:
    for element in document.elements(*_WITH_WIDTH):
        if width := _fixed_width(element):
            fix = f"let it shrink with max-width:100%: {width:g} pixels are wider than a phone"
            yield finding(element, "wide-block", "warning", who=_PHONES, fix=fix)
        elif _keeps_long_line(element):
            fix = "let its lines break: white-space:pre-wrap"
            yield finding(element, "wide-block", "warning", who=_PHONES, fix=fix)


def _fixed_width(element: Any) -> float:
    """The width in pixels that the element keeps on a phone; 0 for one that shrinks."""
    style = style_of(element)
    least = pixels(style.get("min-width")) or 0
    if least > PHONE:
        return least
    if "max-width" in style or (style.get("width") or "").endswith("%"):
        return 0
    if element.tag in _BY_ATTRIBUTE and "width" not in style and element.get("width", "").isdigit():
        return _if_wide(float(element.get("width")))
    return _if_wide(pixels(style.get("width")) or 0)


def _if_wide(width: float) -> float:
    return width if width > PHONE else 0


def _keeps_long_line(element: Any) -> bool:
    how = style_of(element).get("white-space", "pre" if element.tag == "pre" else "")
    if how not in ("pre", "nowrap"):
        return False
    text = "".join(element.itertext())
    lines = text.splitlines() if how == "pre" else [" ".join(text.split())]
    return any(len(line) > LONG_LINE for line in lines)


def _small_targets(document: Document) -> Iterator[LintFinding]:
    """Find rows of links, as in a footer; a link in a sentence is as high as its line."""
    for block in document.elements("p", "td", "div", "li", "tr"):
        cells = [block] if block.tag != "tr" else list(block)
        links = [link for cell in cells for link in cell if link.tag == "a" and link.get("href")]
        if len(links) < 2 or any(any(map(str.isalpha, _text_between(cell))) for cell in cells):
            continue
        if block.tag == "tr" and len(links) > len(cells):
            continue  # each of its cells is a row
        for link in links:
            height = _height(link, link.getparent())
            if not is_hidden(link) and height < SMALLEST_TARGET:
                fix = f"give the link padding: it is {height:g} pixels high, beside another link"
                yield finding(link, "tap-size", "warning", who=_PHONES, fix=fix)


def _text_between(block: Any) -> str:
    """The text of a block outside its links."""
    return (block.text or "") + "".join(child.tail or "" for child in block)


def _height(link: Any, block: Any) -> float:
    style = style_of(link)
    size = line = None
    for element in (link, block, *block.iterancestors()):
        own = style_of(element)
        size = size or pixels(own.get("font-size")) or None
        line = line or own.get("line-height")
    size = size or 16
    if any(image.get("height", "").isdigit() for image in link.iter("img")):
        return max(float(image.get("height") or 0) for image in link.iter("img"))
    height = pixels(line) or (float(line) * size if line and _is_number(line) else size * 1.2)
    padding = (style.get("padding") or "0").split()
    return height + (pixels(padding[0]) or 0) + (pixels(padding[2 % len(padding)]) or 0)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def _repeated_ids(document: Document) -> Iterator[LintFinding]:
    named = [element for element in document.elements() if element.get("id")]
    counts = Counter(element.get("id") for element in named)
    for element in named:
        if counts[element.get("id")] > 1:
            fix = f"use the id {element.get('id')!r} once"
            who = "readers with a screen reader"
            yield finding(element, "duplicate-id", "warning", who=who, fix=fix)
            counts[element.get("id")] = 0
