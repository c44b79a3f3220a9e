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

# No pattern looks at what another match has looked at: what is unclosed goes on to the end.
_TAG = re.compile(r"<([a-zA-Z][\w:-]*+)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*+)>")
_VALUE = re.compile(
    r"(?P<name>\s(?:style|(?P<colour>bgcolor|color))=)(?P<value>\"[^\"]*\"|'[^']*')"
    r"|\"[^\"]*\"|'[^']*'",
    re.IGNORECASE,
)
"""A value in quotes. The ones without a name are looked at so that nothing inside them is changed."""
_SHEET = re.compile(
    r"(<style\b[^<>]*+>)((?:[^<]|<(?!/style>))*+)(</style>|\Z)", re.DOTALL | re.IGNORECASE
)
_DECLARATION = re.compile(
    r"(?<![\w-])([a-zA-Z-]++)(\s*+:\s*+)((?:[^;\"(]|\"[^\"]*+(?:\"|\Z)|\([^)]*+(?:\)|\Z))++)"
)
_PIXELS = re.compile(r"(?<![\w.#-])(\d{1,6}(?:\.\d+)?)px")
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|(?:rgb|hsl)a?\([^()]*+\)")
_BLOCK = re.compile(r"([^{}]*+)([{}]|\Z)")
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

    def value(found: re.Match[str]) -> str:
        if found["name"] is None:
            return found[0]
        if found["colour"] is not None:
            if not form.is_high_contrast:
                return found[0]
            return f'{found["name"]}"{WHITE if found["colour"].lower() == "bgcolor" else BLACK}"'
        quote, declarations = found["value"][0], found["value"][1:-1]
        changed = change(declarations, is_dark=False, is_link=is_link)
        return f"{found['name']}{quote}{changed}{quote}"

    return f"<{tag[1]}{_VALUE.sub(value, tag[2])}>"


def _sheet(text: str, change: Callable[..., str]) -> str:
    """The style sheet with its declarations changed; those for dark screens are told apart."""
    parts: list[str] = []
    dark = [False]
    for block in _BLOCK.finditer(text):
        if block[2] == "{":
            dark.append(dark[-1] or _DARK.search(block[1]) is not None)
            parts.append(block[0])
        elif block[2] == "}":
            parts.append(change(block[1], is_dark=dark[-1], is_link=False) + "}")
            if len(dark) > 1:
                dark.pop()
        else:
            parts.append(block[0])
    return "".join(parts)


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
