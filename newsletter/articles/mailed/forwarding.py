"""Finds where a page sends its reader by itself, as pages of trackers do: by meta element or by script. Pure."""

from __future__ import annotations

import html
import re

from newsletter.articles.urls import absolute_url

MOST_READ = 20_000
"""Characters at the beginning of a page that are looked at."""
LONGEST_SCRIPT = 8_000
"""Octets of a page up to which a script that goes elsewhere is all that it is for."""
SOON = 10
"""Seconds up to which a page is left before it is read; later ones load themselves again."""

_NOSCRIPT = re.compile(r"<(/?)noscript\b", re.IGNORECASE)
_META = re.compile(r"<meta\b[^<>]{0,4000}>", re.IGNORECASE)
_REFRESH = re.compile(r"http-equiv\s*=\s*[\"']?\s*refresh\b", re.IGNORECASE)
_TARGET = re.compile(
    r"content\s*=\s*([\"']?)\s*(\d{1,4})(?:\.\d*)?\s*[;,]\s*url\s*=\s*[\"']?([^\"'>\s]+)",
    re.IGNORECASE,
)
_SCRIPT = re.compile(
    r"\blocation(?:\.href)?\s*=\s*[\"']([^\"'\s]{1,2000})[\"']"
    r"|\blocation\.(?:replace|assign)\(\s*[\"']([^\"'\s]{1,2000})[\"']",
    re.IGNORECASE,
)


def forwards_to(body: bytes, url: str, *, is_article: bool) -> str:
    """Where the page at `url` sends its reader; "" if it stays. An article is not left by script."""
    text = body[: MOST_READ * 2].decode("utf-8", "replace")[:MOST_READ]
    if is_article:
        text = _without_noscript(text)
    for meta in _META.findall(text):
        found = _TARGET.search(html.unescape(meta)) if _REFRESH.search(meta) else None
        if found and int(found[2]) <= SOON:
            return _elsewhere(url, found[3])
    if is_article or len(body) > LONGEST_SCRIPT:
        return ""
    script = _SCRIPT.search(text)
    if script is None:
        return ""
    return _elsewhere(url, html.unescape((script[1] or script[2]).replace("\\/", "/")))


def _without_noscript(text: str) -> str:
    """The text without what only browsers without scripts read."""
    first, *others = _NOSCRIPT.split(text)
    pairs = zip(others[::2], others[1::2], strict=True)
    return "".join([first, *(part for closing, part in pairs if closing)])


def _elsewhere(url: str, target: str) -> str:
    there = absolute_url(url, target)
    return "" if there == url else there
