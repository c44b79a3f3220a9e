"""Cleans untrusted text and links: no control characters, no URLs that run code."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit

import nh3
from markupsafe import Markup, escape

from newsletter.rendering.markup import deepest_nesting

# C0 and C1 controls, lone surrogates, non-characters: no client shows them, some crash MRML. Bidi
# embeddings, overrides and isolates would reorder the text that follows.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "\u202a-\u202e\u2066-\u2069]"
)
# Includes line separators; the ideographic and the no-break space are kept.
_WHITESPACE = re.compile("[ \t\n\v\f\r\x85\u2028\u2029]+")

MAX_FRAGMENT = 200_000
"""Longest HTML of one article, in characters."""
MAX_NESTING = 60
"""Deepest HTML of one article. MRML overflows its stack near 9,000; nh3 slows down long before."""


def printable(text: str) -> str:
    """The text without characters that no client shows, or that reorder what follows them."""
    return _UNPRINTABLE.sub("", text)


def one_line(text: str) -> str:
    """The text on one line, white space folded, unprintable characters removed."""
    return _WHITESPACE.sub(" ", printable(text)).strip(" ")


def shorten(text: str, limit: int) -> str:
    """Cut the text to `limit` characters, between words if possible, and end it with an ellipsis."""
    if len(text) <= limit:
        return text
    if limit < 2:
        return ""
    cut = limit - 1
    space = text.rfind(" ", int(limit * 0.6), cut + 1)
    if space > 0:
        cut = space
    while cut > 0 and _continues(text, cut):
        cut -= 1
    return text[:cut].rstrip(" .,;:!?-–—、。，") + "…"


def _continues(text: str, cut: int) -> bool:
    """Whether a cut here would separate a letter from its marks or break an emoji."""
    after = text[cut]
    return (
        unicodedata.category(after) in ("Mn", "Me", "Mc", "Sk")
        or "\u200d" in (after, text[cut - 1])
        or "\U0001f1e6" <= after <= "\U0001f1ff"
    )


def web_link(url: str) -> str:
    """The URL, quoted for an attribute, if it is http(s) with a host; else ""."""
    cleaned = one_line(url)
    try:
        parts = urlsplit(cleaned)
        is_web = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return ""
    if not is_web:
        return ""
    return "".join(quote(char) if char in ' "<>\\^`{|}' else char for char in cleaned)


def fragment(html: str, text: str) -> Markup:
    """An article's HTML, sanitised and well-formed for MJML.

    HTML that is too long or too deeply nested is replaced by the plain `text` before any parser
    reads it.
    """
    html = _UNPRINTABLE.sub("", html)
    if len(html) > MAX_FRAGMENT or deepest_nesting(html) > MAX_NESTING:
        paragraphs = (escape(one_line(part)) for part in text[:MAX_FRAGMENT].split("\n\n"))
        return Markup("").join(Markup("<p>{}</p>").format(part) for part in paragraphs if part)
    return Markup(without_dead_links(nh3.clean(html)))  # noqa: S704 (nh3 is the sanitiser)


_LINK = re.compile(r"<a\b([^>]*)>(.*?)</a>", re.DOTALL)
_LEADS_SOMEWHERE = re.compile(r'\bhref="(?:https?://|mailto:)', re.IGNORECASE)


def without_dead_links(html: str) -> str:
    """Sanitised HTML in which links that a mail cannot follow are plain words."""
    return _LINK.sub(lambda link: link[0] if _LEADS_SOMEWHERE.search(link[1]) else link[2], html)
