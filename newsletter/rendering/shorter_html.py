"""Removes what no client needs from the HTML that MRML and premailer write. Pure.

Gmail clips a mail above 102 kB, and every reader downloads it. Nothing changes on the screen.
Line breaks between rules and between conditional comments stay, as findings name lines.
"""

from __future__ import annotations

import re

# One start tag; quoted values may contain ">".
_TAG = re.compile(r'<[a-zA-Z][^\s<>"/]*(?:\s+[^\s<>"=/]+(?:="[^"]*")?)*\s*/?>')
# MRML writes the first two and premailer the third, where HTML has no such attributes. MRML also ends
# <wbr>, which has no end.
_INVALID_ATTRIBUTE = re.compile(r' height="auto"| vertical-align="[^"]*"| bgcolor="[^"]*"(?=>$)')
_STYLE_ATTRIBUTE = re.compile(r' style="([^"]*)"')
_STYLE_SHEET = re.compile(r"(<style\b[^>]*>)(.*?)(</style>)", re.DOTALL)
_FOR_OUTLOOK = re.compile(r"<!--\[if mso \| IE\]>(.*?)<!\[endif\]-->", re.DOTALL)
_TWO_FOR_OUTLOOK = re.compile(
    r"(<!--\[if mso \| IE\]>(?:(?!<!\[endif\]-->).)*)<!\[endif\]-->\s*<!--\[if mso \| IE\]>",
    re.DOTALL,
)
# Outlook 2003 and older; the only reader of the class `mj-outlook-group-fix`.
_FOR_OUTLOOK_2003 = re.compile(r"<!--\[if lte mso 11\]>.*?<!\[endif\]-->\s*", re.DOTALL)
_CLASS_FOR_OUTLOOK = re.compile(r' class="[^"]*-outlook"')
_ZERO = re.compile(r"(?<=[ :])0px(?=[ ;]|$)")
_LEFT_TO_RIGHT = re.compile(r"(?:(?<=;)|^)direction:ltr(?:;|$)")
_AROUND_PUNCTUATION = re.compile(r"\s*([;:,])\s*")
_DECLARATIONS = re.compile(r"\{[^{}]*\}")
_AFTER_COLON = re.compile(r":[ \t]+")
_OF_NO_USE_ON_PICTURES = re.compile(r"(?:outline:none|text-decoration:none|border:0);")
_SAME_TWICE = re.compile(r"background:(#\w+);(background-color:\1)")
# A table has no border unless it says so, and is not in a line of text to be aligned in.
_OF_NO_USE_ON_TABLES = re.compile(r' border="0"| style="vertical-align:top"')
# Classes that MRML gives to columns and pictures, and shorter names for them.
_CLASSES = {
    "mj-column-per-": "c",
    "mj-column-px-": "p",
    "mj-outlook-group-fix ": "",
    "mj-full-width-mobile": "w",
}
_CLASS = re.compile("|".join(_CLASSES))
_CLASS_ATTRIBUTE = re.compile(r' class="[^"]*"')
# Columns as wide as their row say so in their style, too.
_WHOLE_WIDTH = re.compile(
    r"(?:\.moz-text-html )?\.mj-column-per-100\s*\{[^{}]*\}\s*|(?<=\")mj-column-per-100\b ?"
)
_NO_CLASS = re.compile(r' class=""')
# What a cell says of its text holds for the block in it.
_ALIGNED_TWICE = re.compile(
    r'(<td align="(\w+)" style="[^"]*">\s*<div style="(?:[^"]*;)?)text-align:\2(?:;|(?="))'
)
_RULE = re.compile(r"([^{}]+)(\{[^{}]*\})")
_NAMED_CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")


def shorter_html(html: str, css: str = "") -> str:
    """The same document in fewer octets; `css` is what was inlined, whose classes are the theme's.

    Text runs from left to right unless an element around it says otherwise, so that
    `direction:ltr` is needed only beside `direction:rtl`.
    """
    html = _FOR_OUTLOOK_2003.sub("", html).replace("</wbr>", "")
    html = _without_unused_rules(_without_whole_width(html), frozenset(_NAMED_CLASS.findall(css)))
    html = _STYLE_SHEET.sub(
        lambda match: match[1] + _shorter_classes(_shorter_sheet(match[2])) + match[3], html
    )
    html = _FOR_OUTLOOK.sub(lambda match: _CLASS_FOR_OUTLOOK.sub("", match[0]), html)
    has_two_directions = "direction:rtl" in html
    return _TAG.sub(
        lambda match: _shorter_tag(match[0], has_two_directions=has_two_directions), _joined(html)
    )


def _without_whole_width(html: str) -> str:
    html = _STYLE_SHEET.sub(lambda sheet: _WHOLE_WIDTH.sub("", sheet[0]), html)
    html = _TAG.sub(lambda tag: _NO_CLASS.sub("", _WHOLE_WIDTH.sub("", tag[0])), html)
    return _ALIGNED_TWICE.sub(r"\1", html)


def _without_unused_rules(html: str, classes: frozenset[str]) -> str:
    """The HTML without rules for those of the `classes` that no element has.

    Other classes may be names that a client gives to elements of its own.
    """
    there = {name for tag in _TAG.findall(html) for name in _class_names(tag)}
    absent = classes - there

    def used(rule: re.Match[str]) -> str:
        selectors = rule[1]
        if "(" in selectors or "/*" in selectors:
            return rule[0]
        kept = [
            each for each in selectors.split(",") if absent.isdisjoint(_NAMED_CLASS.findall(each))
        ]
        return ",".join(kept) + rule[2] if kept else ""

    def shorter(sheet: re.Match[str]) -> str:
        quoted = "'" in sheet[2] or '"' in sheet[2]
        return sheet[0] if quoted else sheet[1] + _RULE.sub(used, sheet[2]) + sheet[3]

    return _STYLE_SHEET.sub(shorter, html) if absent else html


def _class_names(tag: str) -> list[str]:
    attribute = _CLASS_ATTRIBUTE.search(tag)
    return attribute[0][len(' class="') : -1].split() if attribute else []


def _joined(html: str) -> str:
    """Join conditional comments that follow each other."""
    while (shorter := _TWO_FOR_OUTLOOK.sub(r"\1", html)) != html:
        html = shorter
    return html


def _shorter_tag(tag: str, *, has_two_directions: bool) -> str:
    def shorter(match: re.Match[str]) -> str:
        style = _shorter_style(match[1])
        return (
            f' style="{style if has_two_directions else _LEFT_TO_RIGHT.sub("", style).rstrip(";")}"'
        )

    tag = _STYLE_ATTRIBUTE.sub(shorter, _INVALID_ATTRIBUTE.sub("", tag))
    tag = _CLASS_ATTRIBUTE.sub(lambda match: _shorter_classes(match[0]), tag)
    if tag.startswith("<img"):
        return _OF_NO_USE_ON_PICTURES.sub("", tag)
    return _OF_NO_USE_ON_TABLES.sub("", tag) if tag.startswith("<table") else tag


def _shorter_classes(text: str) -> str:
    return _CLASS.sub(lambda match: _CLASSES[match[0]], text)


def _shorter_style(style: str) -> str:
    if any(mark in style for mark in ("'", "&quot;", "(")):
        return style
    style = _ZERO.sub("0", _AROUND_PUNCTUATION.sub(r"\1", style.strip()))
    return _SAME_TWICE.sub(r"\2", style).rstrip(";")


def _shorter_sheet(css: str) -> str:
    if "'" in css or '"' in css:
        return css
    css = re.sub(r"\s*([{;,])\s*", r"\1", css.strip())
    css = re.sub(r";?\s*}\s*", "}\n", css)
    return _DECLARATIONS.sub(lambda match: _AFTER_COLON.sub(":", match[0]), css).rstrip("\n")
