"""Finds the features of HTML and CSS that a mail uses, named as on caniemail.com."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from newsletter.rendering.lint.css import Declaration, read_sheet, read_style
from newsletter.rendering.lint.document import Document

_FAMILIES = ("margin", "padding", "border", "grid-template", "column")
_SIDES = frozenset({"left", "right", "top", "bottom"})
_IN_VALUES = {
    name: re.compile(pattern)
    for name, pattern in {
        "css-unit-calc": r"\bcalc\(",
        "css-function-clamp": r"\bclamp\(",
        "css-function-min": r"\bmin\(",
        "css-function-max": r"\bmax\(",
        "css-function-light-dark": r"\blight-dark\(",
        "css-variables": r"\bvar\(",
        "css-linear-gradient": r"\blinear-gradient\(",
        "css-radial-gradient": r"\bradial-gradient\(",
        "css-conic-gradient": r"\bconic-gradient\(",
        "css-rgb": r"\brgb\(",
        "css-rgba": r"\brgba\(",
        "css-modern-color": r"\b(?:hwb|lab|lch|oklab|oklch|color|color-mix)\(",
        **{
            f"css-unit-{unit}": rf"\d{unit}\b" for unit in ("vw", "vh", "vmin", "vmax", "rem", "ch")
        },
    }.items()
}
_IN_SELECTORS = {
    name: re.compile(pattern)
    for name, pattern in {
        "css-selector-attribute": r"\[",
        "css-selector-child": r">",
        "css-selector-adjacent-sibling": r"\+",
        "css-selector-general-sibling": r"~",
        "css-selector-id": r"#",
        "css-selector-universal": r"\*",
    }.items()
}
_PSEUDO = re.compile(r"(?<!:)(::?)([a-z-]+)")
_TAGS = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "html-h1-h6"),
    **dict.fromkeys(("ul", "ol", "dl"), "html-lists"),
    **dict.fromkeys(
        ("article", "aside", "figure", "footer", "header", "main", "nav", "section", "details", "mark", "time"),
        "html-semantics",
    ),
    "map": "html-image-maps",
    "s": "html-strike",
}  # fmt: skip
_ATTRIBUTES = frozenset(
    str.split(
        "align valign width height background cellpadding cellspacing role lang dir hidden target"
        " srcset loading required popover aria-label aria-hidden aria-describedby aria-labelledby"
        " aria-live"
    )
)
_FORMATS = {"jpeg": "jpg", "heic": "heif", "tif": "tiff"}


def features_of(document: Document) -> dict[str, Any]:
    """Each feature with the first element that uses it, or None if a style sheet does."""
    used: dict[str, Any] = {}
    for css in document.style_sheets():
        for name in _in_sheet(css):
            used.setdefault(name, None)
    for element in document.elements():
        for name in _in_element(element):
            used.setdefault(name, element)
    return used


def _in_element(element: Any) -> Iterator[str]:
    yield from features_of_tag(element)
    yield from features_of_attributes(element.attrib)
    if element.tag == "img":
        yield from format_of(element.get("src") or "")
    yield from _in_style(element.get("style") or "")


def features_of_tag(element: Any) -> Iterator[str]:
    """The features that an element uses by its name alone, or by its name and kind."""
    yield _TAGS.get(element.tag, f"html-{element.tag}")
    if element.tag in ("input", "button"):
        yield f"html-{element.tag}-{element.get('type') or 'text'}"
    if element.tag == "meta" and element.get("name") == "color-scheme":
        yield "html-meta-color-scheme"


def features_of_attributes(names: Iterable[str]) -> Iterator[str]:
    """The features that attributes of these names are."""
    return (f"html-{name}" for name in names if name in _ATTRIBUTES)


def format_of(address: str) -> Iterator[str]:
    """The format of a picture by its address, if it tells; nothing otherwise."""
    if address.startswith("data:"):
        yield "image-base64"
        return
    try:
        suffix = PurePosixPath(urlsplit(address).path).suffix.lower().removeprefix(".")
    except ValueError:
        return
    if suffix:
        yield f"image-{_FORMATS.get(suffix, suffix)}"


@lru_cache(maxsize=4096)
def _in_style(style: str) -> tuple[str, ...]:
    return tuple(
        name for declaration in read_style(style) for name in features_of_declaration(declaration)
    )


@lru_cache(maxsize=64)
def _in_sheet(css: str) -> tuple[str, ...]:
    sheet = read_sheet(css)
    names: dict[str, None] = {}
    for at_rule in sheet.at_rules:
        names.update(dict.fromkeys(features_of_at_rule(at_rule.name, at_rule.condition)))
    for rule in sheet.rules:
        for selector in rule.selectors:
            names.update(dict.fromkeys(features_of_selector(selector)))
        for declaration in rule.declarations:
            names.update(dict.fromkeys(features_of_declaration(declaration)))
    return tuple(names)


def features_of_at_rule(name: str, condition: str) -> Iterator[str]:
    """The features of `@name condition`, both in lower case."""
    yield f"css-at-{name}"
    yield from (f"css-at-{name}-{asked}" for asked in re.findall(r"\(\s*([a-z-]+)", condition))


def features_of_selector(selector: str) -> Iterator[str]:
    """The features of one selector."""
    yield from (name for name, pattern in _IN_SELECTORS.items() if pattern.search(selector))
    for colons, pseudo in _PSEUDO.findall(selector):
        yield f"css-pseudo-{'element' if len(colons) == 2 else 'class'}-{pseudo}"


def features_of_declaration(declaration: Declaration) -> Iterator[str]:
    """The features of one `property: value`."""
    name, value = declaration.name, declaration.value
    if name.startswith("--"):
        yield "css-variables"
        return
    name = re.sub(r"^-(webkit|moz|ms|o)-", "", name)
    yield f"css-{name}"
    if name in _SIDES:
        yield "css-left-right-top-bottom"
    elif re.fullmatch(r"border-\w+-\w+-radius", name):
        yield "css-border-radius"
    else:
        yield from (f"css-{family}" for family in _FAMILIES if name.startswith(family + "-"))
    if name == "display":
        yield f"css-display-{value.removeprefix('inline-')}"
    if name in ("background", "background-image") and "url(" in value:
        yield "css-background-image"
    if declaration.important:
        yield "css-important"
    yield from (feature for feature, pattern in _IN_VALUES.items() if pattern.search(value))
