"""Defects seeded into a good issue, each with the axe rule and the lint rule that must find it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

LINK = "https://example.org/"


@dataclass(frozen=True, kw_only=True)
class Defect:
    """A change to the HTML that `axe` and `lint` each find under their own rule."""

    axe: str
    lint: str
    change: Callable[[str], str]
    mode: str = "light"


def _put(markup: str) -> Callable[[str], str]:
    return lambda html: html.replace("<h1", markup + "<h1", 1)


def _swap(old: str, new: str) -> Callable[[str], str]:
    return lambda html: html.replace(old, new)


def _head(markup: str) -> Callable[[str], str]:
    return lambda html: html.replace("<head>", "<head>" + markup, 1)


def _style(css: str) -> Callable[[str], str]:
    return lambda html: html.replace("</head>", f"<style>{css}</style></head>", 1)


def _found(axe: str, lint: str, change: Callable[[str], str], mode: str = "light") -> Defect:
    return Defect(axe=axe, lint=lint, change=change, mode=mode)


DEFECTS = (
    _found("html-has-lang", "language", lambda html: re.sub(r'<html lang="\w+"', "<html", html)),
    _found("html-lang-valid", "language", _swap('<html lang="en"', '<html lang="xx-nowhere"')),
    _found("valid-lang", "language", _put('<p lang="qqq-x">x</p>')),
    _found(
        "document-title", "title", lambda html: re.sub(r"<title>[^<]*</title>", "<title></title>", html)
    ),
    _found("landmark-one-main", "landmark", _swap(' role="main"', "")),
    _found("landmark-no-duplicate-main", "landmark", _put('<div role="main">x</div>')),
    _found("page-has-heading-one", "one-h1", lambda html: re.sub(r"(</?)h1", r"\1h2", html)),
    _found("heading-order", "heading-order", _swap("h3", "h5")),
    _found("empty-heading", "empty-heading", _put("<h2></h2>")),
    _found("image-alt", "image-alt", _put(f'<img src="{LINK}a.png" width="9">')),
    _found("role-img-alt", "image-alt", _put('<div role="img">x</div>')),
    _found("area-alt", "image-alt", _put(
        f'<img src="{LINK}a.png" alt="Map" width="9" usemap="#m"><map name="m"><area href="{LINK}"></map>'
    )),
    _found("input-image-alt", "image-alt", _put('<input type="image" src="https://example.org/a.png">')),
    _found("image-redundant-alt", "redundant-alt", _put(
        f'<a href="{LINK}"><img src="{LINK}a.png" alt="The meter" width="9">The meter</a>'
    )),
    _found("link-name", "link-text", _put(f'<a href="{LINK}"></a>')),
    _found("link-name", "link-text", _put(f'<a href="{LINK}"><img src="{LINK}a.png" alt="" width="9"></a>')),
    _found("color-contrast", "contrast-light", _put('<p style="color:#aaaaaa">Pale words</p>')),
    _found("color-contrast", "contrast-light", _put(
        '<p style="background-color:#0b6455;color:#1b2126">Dark on green</p>'
    )),
    _found("color-contrast", "contrast-light", _put(
        '<table role="presentation"><tr><td bgcolor="#444444">Black on grey</td></tr></table>'
    )),
    _found("color-contrast", "contrast-light", _style(".summary { color: #cccccc !important; }")),
    _found("color-contrast", "contrast-dark", _put('<p style="color:#333333">Not turned</p>'), "dark"),
    _found("color-contrast", "contrast-dark", _style(
        "@media (prefers-color-scheme: dark) { p.summary { color: #444444 !important; } }"
    ), "dark"),
    _found("list", "list", _put("<ul><p>x</p></ul>")),
    _found("listitem", "list", _put("<div><li>x</li></div>")),
    _found("dlitem", "list", _put("<section><dt>x</dt></section>")),
    _found("definition-list", "list", _put("<dl><p>x</p></dl>")),
    _found("aria-roles", "aria", _put('<span role="teapot">x</span>')),
    _found("aria-valid-attr", "aria", _put('<span aria-teapot="1">x</span>')),
    _found("aria-hidden-focus", "hidden-link", _put(
        f'<div aria-hidden="true"><a href="{LINK}">x</a></div>'
    )),
    _found("tabindex", "reading-order", _put(f'<a href="{LINK}" tabindex="4">Ahead</a>')),
    _found("empty-table-header", "table-header", _put(
        "<table><tr><th></th><th>A</th></tr><tr><td>1</td><td>2</td></tr></table>"
    )),
    _found("meta-viewport", "zoom", _head('<meta name="viewport" content="user-scalable=no">')),
    _found("meta-refresh", "active-content", _head('<meta http-equiv="refresh" content="30">')),
    _found("frame-title", "active-content", _put('<iframe src="about:blank"></iframe>')),
    _found("label", "active-content", _put('<input type="text">')),
    _found("select-name", "active-content", _put("<select><option>x</option></select>")),
    _found("button-name", "active-content", _put("<button></button>")),
    _found("svg-img-alt", "active-content", _put('<svg role="img" width="9" height="9"></svg>')),
    _found("marquee", "active-content", _put("<marquee>x</marquee>")),
)  # fmt: skip
