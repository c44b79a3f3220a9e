"""The HTML of a preview's frame: the mail as sent, or as a client would change it. Pure.

Only `scheme="sent"` with styles on and no client shows exactly the bytes that are sent, apart
from counted links, which are direct here. Every other view imitates what clients make of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from typing import Any, Literal

from lxml import etree

from newsletter.rendering.lint import LintFinding
from newsletter.rendering.lint.document import start_tag
from newsletter.rendering.mail_clients import MailClient
from newsletter.rendering.shown_in import shown_in
from newsletter.site.picture_addresses import POLICY

Scheme = Literal["sent", "light", "dark", "inverted"]

_STYLE = re.compile(r"<style\b.*?</style>", re.DOTALL | re.IGNORECASE)
_PREFERS = re.compile(
    r"@media\s*(?:(?:only\s+)?(?:screen|all)\s+and\s*)?\(prefers-color-scheme:\s*(dark|light)\)",
    re.IGNORECASE,
)
_INVERTED = (
    "<style>html{background:#fff!important;filter:invert(1) hue-rotate(180deg)}"
    "img,video{filter:invert(1) hue-rotate(180deg)}</style>"
)
_TARGETS = (
    "<style>a[href]{outline:2px dashed #d9480f!important;outline-offset:-2px;"
    "box-shadow:inset 0 0 0 99px rgba(217,72,15,.14)!important}</style>"
)
_INVISIBLE = frozenset({"html", "head", "meta", "title", "style", "body"})
_PLACE = '<span id="here"></span>'
_OUTLINE = "outline:3px solid #d9480f;outline-offset:2px;scroll-margin:80px"


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """Where a finding is: its line (from 1), and which element on it."""

    line: int
    element: str = ""

    def __str__(self) -> str:
        return f"{self.line}-{self.element}" if self.element else str(self.line)


def mark_of(finding: LintFinding) -> Mark:
    """The mark of the finding's element."""
    return Mark(line=finding.line, element=_digest(finding.element))


def read_mark(text: str) -> Mark | None:
    """The mark in a URL; None for anything else."""
    match = re.fullmatch(r"([0-9]{1,6})(?:-([0-9a-f]{8}))?", text)
    return Mark(line=int(match[1]), element=match[2] or "") if match and int(match[1]) else None


def frame_policy(*, images: bool) -> str:
    """The Content-Security-Policy of a frame: no scripts, no forms, no requests but our pictures."""
    pictures = POLICY if images else "img-src 'none'"
    return (
        f"default-src 'none'; {pictures}; style-src 'unsafe-inline'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'; sandbox"
    )


def framed(
    html: str,
    *,
    client: MailClient | None = None,
    scheme: Scheme = "sent",
    styles: bool = True,
    targets: bool = False,
    mark: Mark | None = None,
) -> str:
    """The mail's HTML in this view, with the marked element outlined.

    A `client` decides the colours instead of `scheme`. `targets` outlines what a thumb can hit.
    """
    if mark:
        html = _marked(html, mark)
    if client:
        html, scheme = shown_in(html, client), client.colours
    if scheme != "sent":
        html = _in_scheme(html, scheme)
    if not styles:
        html = _STYLE.sub("", html)
    if scheme == "inverted":
        html = html.replace("</head>", f"{_INVERTED}</head>", 1)
    if targets:
        html = html.replace("</head>", f"{_TARGETS}</head>", 1)
    return html


def with_place(html: str, url: str) -> str:
    """The mail's HTML in which the first link to that address holds the id `here`, to be jumped to.

    The link itself has no id: a jump would give it the focus, and take that from what is being typed.
    """
    link = re.compile(rf'<a\b[^>]*\bhref="{re.escape(escape(url))}"[^>]*>')
    return link.sub(lambda match: f"{match[0]}{_PLACE}", html, count=1)


def plain_frame(text: str) -> str:
    """A page that shows plain text: the text part, the headers, or the raw message."""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Preview</title>'
        '<meta name="viewport" content="width=device-width"><style>'
        ":root{color-scheme:light dark}body{margin:16px}"
        "pre{font:13px/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;"
        "white-space:pre-wrap;overflow-wrap:anywhere}</style></head>"
        f"<body><pre>{escape(text)}</pre></body></html>"
    )


def _in_scheme(html: str, scheme: Scheme) -> str:
    """Answer the media queries as the client would, whatever the editor's own browser prefers."""
    wanted = "dark" if scheme == "dark" else "light"

    def answer(match: re.Match[str]) -> str:
        return "@media all" if match[1].lower() == wanted else "@media not all"

    html = _PREFERS.sub(answer, html)
    return re.sub(r"color-scheme:\s*light dark", f"color-scheme: {wanted}", html)


def _digest(element: str) -> str:
    return sha256(element.encode()).hexdigest()[:8]


def _marked(html: str, mark: Mark) -> str:
    """Outline the marked element, or else the first one on its line, and give it the id `found`."""
    root: Any = etree.fromstring(html, etree.HTMLParser())
    elements = [
        element
        for element in root.iter()
        if isinstance(element.tag, str)
        and (element.sourceline or 0) >= mark.line
        and element.tag not in _INVISIBLE
    ]
    exact = (element for element in elements if _digest(start_tag(element)) == mark.element)
    found = next(exact, next(iter(elements), None))
    if found is None:
        return html
    found.set("id", "found")
    found.set("style", f"{found.get('style', '').rstrip(';')};{_OUTLINE}")
    text: str = etree.tostring(root, method="html", encoding="unicode")
    return f"<!DOCTYPE html>{text}"
