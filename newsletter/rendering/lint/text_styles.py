"""The style of each run of text: colour, background, size; in light mode and in our dark mode."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from cssselect import SelectorError
from cssselect.parser import parse
from lxml.cssselect import CSSSelector
from tinycss2.color4 import parse_color

from newsletter.rendering.contrast import Colour, from_hex
from newsletter.rendering.lint.css import Declaration, Rule, read_sheet, read_style
from newsletter.rendering.lint.document import Document

Mode = Literal["light", "dark"]

_CANVAS = {"light": ("#000000", "#ffffff"), "dark": ("#ffffff", "#121212")}
_LINK = {"light": "#0000ee", "dark": "#9e9eff"}
"""The colour that browsers give a link without a style."""
_RELATIVE = {"px": 1.0, "pt": 4 / 3}
_NAMED_WEIGHTS = {"normal": 400, "bold": 700, "bolder": 700, "lighter": 300}
_BOLD = frozenset({"b", "strong", "h1", "h2", "h3", "h4", "h5", "h6", "th"})


@dataclass(frozen=True, kw_only=True, slots=True)
class TextStyle:
    """The computed style of text: colour, background, size in CSS pixels, weight."""

    ink: Colour
    ground: Colour
    size: float = 16.0
    weight: int = 400
    hidden: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class TextRun:
    """The text of one element, without its children, and its style."""

    element: Any
    text: str
    style: TextStyle


def text_runs(document: Document, mode: Mode) -> Iterator[TextRun]:
    """The visible text of the body in reading order."""
    body = next(document.elements("body"), None)
    if body is None:
        return
    sheet_styles = _sheet_styles(document, mode)
    ink, ground = (from_hex(code) for code in _CANVAS[mode])
    styles = {body.getparent(): TextStyle(ink=ink, ground=ground)}
    for element in body.iter():
        parent = styles[element.getparent()]
        if not isinstance(element.tag, str):
            styles[element] = parent
            continue
        if element.tag == "a" and element.get("href"):
            parent = replace(parent, ink=from_hex(_LINK[mode]))
        style = _computed_style(
            parent,
            element.tag,
            element.get("style") or "",
            tuple(sheet_styles.get(element, {}).items()),
            bgcolor=element.get("bgcolor") or "",
            color=element.get("color") or "",
        )
        styles[element] = style
        text = (element.text or "") + "".join(child.tail or "" for child in element)
        if text.strip(" \n\t\r\xa0\u034f\u200c\u00ad") and not style.hidden:
            yield TextRun(element=element, text=" ".join(text.split()), style=style)


@lru_cache(maxsize=4096)  # rows of an issue have the same styles
def _computed_style(
    parent: TextStyle,
    tag: str,
    style: str,
    sheet: tuple[tuple[str, str], ...],
    *,
    bgcolor: str,
    color: str,
) -> TextStyle:
    values = {declaration.name: declaration.value for declaration in read_style(style)} | dict(
        sheet
    )
    base = replace(parent, weight=700) if tag in _BOLD else parent
    if bgcolor:
        base = _coloured(base, ground=bgcolor)
    return replace(
        _coloured(
            base,
            ink=values.get("color") or color,
            ground=values.get("background-color") or values.get("background") or "",
        ),
        size=_size(values.get("font-size", ""), parent.size),
        weight=_weight(values.get("font-weight", ""), base.weight),
        hidden=parent.hidden
        or values.get("display") == "none"
        or values.get("visibility") == "hidden"
        or tag in ("style", "script", "title"),
    )


def _coloured(style: TextStyle, *, ink: str = "", ground: str = "") -> TextStyle:
    return replace(style, ink=_colour(ink) or style.ink, ground=_colour(ground) or style.ground)


@lru_cache(maxsize=512)
def _colour(value: str) -> Colour | None:
    """The first opaque colour in a value; None if it has none."""
    for part in (value, *re.findall(r"#[0-9a-f]{3,8}|rgba?\([^)]*\)", value)):
        parsed = parse_color(part) if part else None
        if parsed is None or isinstance(parsed, str) or parsed.alpha < 1:
            continue
        red, green, blue = parsed.to("srgb").coordinates
        return float(red), float(green), float(blue)
    return None


def _size(value: str, inherited: float) -> float:
    match = re.fullmatch(r"([\d.]+)(px|pt|em|rem|%)", value)
    if not match:
        return inherited
    number, unit = float(match[1]), match[2]
    if unit in _RELATIVE:
        return number * _RELATIVE[unit]
    return number * {"em": inherited, "rem": 16.0, "%": inherited / 100}[unit]


def _weight(value: str, inherited: int) -> int:
    return int(value) if value.isdigit() else _NAMED_WEIGHTS.get(value, inherited)


@lru_cache(maxsize=4096)
def _names(style: str) -> frozenset[str]:
    return frozenset(declaration.name for declaration in read_style(style))


def _sheet_styles(document: Document, mode: Mode) -> dict[Any, dict[str, str]]:
    """The values that style sheets set over the elements' own style, by specificity and order."""
    chosen: dict[Any, dict[str, tuple[tuple[bool, tuple[int, int, int], int], str]]] = {}
    order = 0
    for rule in _rules_in(document, mode):
        for selector, specificity in _matchers(rule.selectors):
            matched: Any = selector(document.root)  # elements, for these selectors
            for element in matched:
                own = _names(element.get("style") or "")
                for declaration in rule.declarations:
                    order += 1
                    if not declaration.important and declaration.name in own:
                        continue
                    strength = (declaration.important, specificity, order)
                    current = chosen.setdefault(element, {}).get(declaration.name)
                    if current is None or current[0] < strength:
                        chosen[element][declaration.name] = (strength, declaration.value)
    return {
        element: {name: value for name, (_strength, value) in values.items()}
        for element, values in chosen.items()
    }


def _rules_in(document: Document, mode: Mode) -> Iterator[Rule]:
    """The rules that affect the style of text on a wide screen."""
    for css in document.style_sheets():
        for rule in read_sheet(css).rules:
            applies = not rule.media or (
                mode == "dark" and "prefers-color-scheme: dark" in rule.media
            )
            if applies and any(map(_affects_text, rule.declarations)):
                yield rule


def _affects_text(declaration: Declaration) -> bool:
    return declaration.name in (
        "color", "background", "background-color", "font-size", "font-weight", "display", "visibility",
    )  # fmt: skip


@lru_cache(maxsize=512)
def _matchers(
    selectors: tuple[str, ...],
) -> tuple[tuple[CSSSelector, tuple[int, int, int]], ...]:
    found = []
    for text in selectors:
        try:
            found.append((CSSSelector(text, translator="html"), parse(text)[0].specificity()))
        except SelectorError:
            continue  # a selector for one client, such as u + .body or ::-webkit-…
    return tuple(found)
