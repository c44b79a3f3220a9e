"""A mail's HTML in larger type, in black on white, or both: its frozen styles with other values. Pure.

Nothing is rendered anew. Sizes and colours are changed where they stand, in style attributes first of
all, so that also mail programs show it that ignore style sheets, Outlook for Windows among them.
Words and links stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import ceil

from newsletter.rendering.edition import Edition
from subscribers.subscriber import MailFormat

LARGER = 1.3
HEADING, HEADING_LARGER = 26, 1.25
"""Pixels from which on type grows by less: long words of headlines must fit on a phone."""

LEAST = 9
"""Pixels; what is smaller is not there to be read, such as the hidden beginning of the text."""

BLACK, WHITE = "#000000", "#ffffff"

_TAG = re.compile(r"<([a-zA-Z][\w:-]*)((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>")
_STYLE = re.compile(r"(\sstyle=)(\"[^\"]*\"|'[^']*')")
_COLOUR_ATTRIBUTE = re.compile(r"(\s(bgcolor|color)=)(\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_SHEET = re.compile(r"(<style\b[^>]*>)(.*?)(</style>)", re.DOTALL | re.IGNORECASE)
_DECLARATION = re.compile(r"(?<![\w-])([a-zA-Z-]+)(\s*:\s*)((?:[^;\"(]|\"[^\"]*\"|\([^)]*\))+)")
_PIXELS = re.compile(r"(?<![\w.#-])(\d+(?:\.\d+)?)px")
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|(?:rgb|hsl)a?\([^)]*\)")
_BLOCK = re.compile(r"([^{}]*)([{}])")
_DARK = re.compile(r"prefers-color-scheme\s*:\s*dark|\[data-ogs[bc]\]", re.IGNORECASE)
_KEPT = re.compile(r"inherit|transparent|none|currentcolor|initial|unset|0", re.IGNORECASE)
_SIZED = frozenset({"font-size", "line-height", "font"})
_DARK_SHEET = (
    "<style>@media (prefers-color-scheme: dark){body,body *{color:#ffffff !important;"
    "background-color:#000000 !important;border-color:#ffffff !important}"
    "body img{color:#000000 !important;background-color:#ffffff !important}}</style>"
)


def in_form(edition: Edition, form: MailFormat) -> Edition:
    """The edition as readers get it who chose that form; the text part is the same for all."""
    if not form.is_large and not form.is_high_contrast:
        return edition
    return replace(edition, html=html_in_form(edition.html, form))


def html_in_form(html: str, form: MailFormat) -> str:
    """The HTML in that form."""
    change = partial(_declarations, form=form)
    html = _TAG.sub(partial(_tag, change=change, form=form), html)
    html = _SHEET.sub(lambda sheet: f"{sheet[1]}{_sheet(sheet[2], change)}{sheet[3]}", html)
    if form.is_high_contrast:
        html = html.replace("</head>", f"{_DARK_SHEET}</head>", 1)
    return html


def _tag(tag: re.Match[str], *, change: Callable[..., str], form: MailFormat) -> str:
    """The start tag with its style attribute and its attributes of colour changed."""
    is_link = tag[1].lower() == "a"

    def style(found: re.Match[str]) -> str:
        quote, declarations = found[2][0], found[2][1:-1]
        return f"{found[1]}{quote}{change(declarations, is_dark=False, is_link=is_link)}{quote}"

    attributes = _STYLE.sub(style, tag[2])
    if form.is_high_contrast:
        attributes = _COLOUR_ATTRIBUTE.sub(
            lambda found: f'{found[1]}"{WHITE if found[2].lower() == "bgcolor" else BLACK}"',
            attributes,
        )
    return f"<{tag[1]}{attributes}>"


def _sheet(text: str, change: Callable[..., str]) -> str:
    """The style sheet with its declarations changed; those for dark screens are told apart."""
    parts: list[str] = []
    preludes: list[str] = []
    end = 0
    for block in _BLOCK.finditer(text):
        end = block.end()
        if block[2] == "{":
            preludes.append(block[1])
            parts.append(block[0])
        else:
            is_dark = any(_DARK.search(prelude) for prelude in preludes)
            parts.append(change(block[1], is_dark=is_dark, is_link=False) + "}")
            preludes = preludes[:-1]
    return "".join(parts) + text[end:]


def _declarations(text: str, *, is_dark: bool, is_link: bool, form: MailFormat) -> str:
    """The declarations of one rule or style attribute."""

    def changed(found: re.Match[str]) -> str:
        name, value = found[1].lower(), found[3]
        if form.is_large and name in _SIZED:
            value = _PIXELS.sub(_larger, value)
        if form.is_high_contrast:
            value = _in_black_and_white(name, value, is_dark=is_dark, is_link=is_link)
        return f"{found[1]}{found[2]}{value}"

    return _DECLARATION.sub(changed, text)


def _larger(size: re.Match[str]) -> str:
    pixels = float(size[1])
    if pixels < LEAST:
        return size[0]
    return f"{ceil(pixels * (HEADING_LARGER if pixels >= HEADING else LARGER))}px"


def _in_black_and_white(name: str, value: str, *, is_dark: bool, is_link: bool) -> str:
    """The value of that property in the two colours; links stay known by their line."""
    ink, paper = (WHITE, BLACK) if is_dark else (BLACK, WHITE)
    important = " !important" if "!important" in value else ""
    plain = value.replace("!important", "").strip()
    match name:
        case "text-decoration" if is_link and plain == "none":
            return f"underline{important}"
        case "color" | "-webkit-text-fill-color" if not _KEPT.fullmatch(plain):
            return f"{ink}{important}"
        case "background" | "background-color" if not _KEPT.fullmatch(plain):
            return f"{paper}{important}"
        case _ if name.startswith(("border", "outline")):
            return _COLOUR.sub(ink, value)
    return value
