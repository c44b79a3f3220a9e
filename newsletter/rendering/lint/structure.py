"""Checks the markup for assistive technology: lists, roles, languages, reading order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from babel import Locale, UnknownLocaleError

from newsletter.rendering.lint.css import read_style
from newsletter.rendering.lint.document import Document, finding, words_of
from newsletter.rendering.lint.finding import LintFinding

_WHO = "readers with a screen reader"
_LIST_ROLES = frozenset({None, "list", "presentation", "none"})
_PARENTS = {"li": ("ul", "ol", "menu"), "dt": ("dl", "div"), "dd": ("dl", "div")}
_CHILDREN = {
    "ul": frozenset({"li", "script", "template"}),
    "ol": frozenset({"li", "script", "template"}),
    "dl": frozenset({"dt", "dd", "div", "script", "template"}),
}
_ROLES = frozenset(
    str.split(
        "alert article banner blockquote button caption cell checkbox code columnheader complementary"
        " contentinfo definition deletion document emphasis figure form generic grid gridcell group"
        " heading img insertion link list listitem main math navigation none note paragraph presentation"
        " region row rowgroup rowheader search separator status strong subscript superscript table term"
        " time"
    )
)
"""The WAI-ARIA 1.2 roles that make sense in a mail, which has no widgets."""
_ARIA = re.compile(
    r"aria-(atomic|braille\w+|busy|colcount|colindex|colspan|current|describedby|description|details"
    r"|disabled|hidden|keyshortcuts|label|labelledby|level|live|owns|posinset|relevant"
    r"|roledescription|rowcount|rowindex|rowspan|setsize|sort)"
)
_OUT_OF_FLOW = frozenset({"absolute", "fixed", "sticky"})


def check_structure(document: Document) -> Iterator[LintFinding]:
    """Check lists and their items, roles and ARIA attributes, languages, zoom, reading order."""
    page_direction = document.root.get("dir")
    for element in document.elements():
        yield from _lists(element)
        yield from _aria(element)
        yield from _languages(element)
        yield from _order(element, page_direction)
        if element.tag == "meta":
            yield from _meta(element)
        elif element.tag == "th" and not words_of(element):
            fix = "name the column or row in the header cell, or make it a <td>"
            yield finding(element, "table-header", "warning", who=_WHO, fix=fix)


def _lists(element: Any) -> Iterator[LintFinding]:
    if element.tag in _CHILDREN and element.get("role") in _LIST_ROLES:
        strays = [
            child
            for child in element
            if isinstance(child.tag, str) and child.tag not in _CHILDREN[element.tag]
        ]
        texts = [element.text, *(child.tail for child in element)]
        if strays or any((text or "").strip() for text in texts):
            fix = f"let <{element.tag}> contain only its items"
            yield finding(element, "list", "warning", who=_WHO, fix=fix)
    if element.tag in _PARENTS and element.getparent().tag not in _PARENTS[element.tag]:
        fix = f"put <{element.tag}> into <{_PARENTS[element.tag][0]}>"
        yield finding(element, "list", "warning", who=_WHO, fix=fix)


def _aria(element: Any) -> Iterator[LintFinding]:
    role = element.get("role")
    if role is not None and not set(role.split()) & _ROLES:
        fix = f"correct or remove the role {role!r}"
        yield finding(element, "aria", "warning", who=_WHO, fix=fix)
    for name in element.attrib:
        if name.startswith("aria-") and not _ARIA.fullmatch(name):
            fix = f"correct or remove {name}: WAI-ARIA has no such attribute"
            yield finding(element, "aria", "warning", who=_WHO, fix=fix)
    if role == "img" and element.tag != "img" and not _named(element):
        fix = 'name the picture in aria-label="…"'
        yield finding(element, "image-alt", "blocking", who=_WHO, fix=fix)
    if element.get("aria-hidden") == "true" and _focusable(element):
        fix = "show it to screen readers, or remove the link, which the keyboard still reaches"
        yield finding(element, "hidden-link", "warning", who=_WHO, fix=fix)


def _named(element: Any) -> bool:
    return bool((element.get("aria-label") or element.get("title") or "").strip())


def _focusable(element: Any) -> bool:
    return any(part.get("href") or part.get("tabindex") == "0" for part in element.iter())


def _languages(element: Any) -> Iterator[LintFinding]:
    code = element.get("lang")
    if code and code != "und":
        try:
            Locale.parse(code, sep="-")
        except (UnknownLocaleError, ValueError):
            fix = f"correct lang={code!r}: a code such as en, de or zh-Hant"
            yield finding(element, "language", "blocking", who=_WHO, fix=fix)


def _order(element: Any, page_direction: str | None) -> Iterator[LintFinding]:
    """Find elements whose reading order differs from their visual order."""
    order = element.get("tabindex") or "0"
    if order.lstrip("-").isdigit() and int(order) > 0:
        fix = "remove tabindex: links should be visited in reading order"
        yield finding(element, "reading-order", "warning", who="readers with a keyboard", fix=fix)
    for declaration in read_style(element.get("style") or ""):
        name, value = declaration.name, declaration.value
        is_moved = (
            (name == "position" and value in _OUT_OF_FLOW)
            or (name == "flex-direction" and value.endswith("-reverse"))
            or (name == "order" and value != "0")
            or (name == "direction" and page_direction == "ltr" and value == "rtl")
        )
        if is_moved:
            fix = f"move the element to where it is shown, and remove {name}: {value}"
            yield finding(element, "reading-order", "warning", who=_WHO, fix=fix)


def _meta(element: Any) -> Iterator[LintFinding]:
    content = "".join((element.get("content") or "").lower().split())
    if element.get("name") == "viewport" and (
        "user-scalable=no" in content
        or "user-scalable=0" in content
        or re.search(r"maximum-scale=(0|1)(\.0*)?(,|$)", content)
    ):
        fix = "remove user-scalable and maximum-scale from the viewport"
        yield finding(element, "zoom", "warning", who="readers who enlarge the text", fix=fix)
    if (element.get("http-equiv") or "").lower() == "refresh":
        fix = "remove the refresh"
        yield finding(element, "active-content", "blocking", who="every reader", fix=fix)
