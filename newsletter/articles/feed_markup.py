"""Prepares the markup of a feed for its parser: what is not XML is removed or escaped.

Nothing is expanded: of the entities that a document declares, none; of those that HTML knows, the
character takes their place.
"""

from __future__ import annotations

import html
import re
from html.entities import name2codepoint

from newsletter.articles.urls import absolute_url
from newsletter.errors import SourceError

# Parsers compare every attribute of a tag with every other.
MAX_TAG = 20_000
_ENDLESS_TAG = re.compile(rf"<[a-zA-Z][^<>]{{{MAX_TAG},}}")
_PROLOG = re.compile(r"\A(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_DOCTYPE = re.compile(r"""<!DOCTYPE(?:"[^"]*"|'[^']*'|[^\[>"'])*(\[)?""", re.IGNORECASE)
"""Matches up to its end, or to the bracket that opens its internal subset."""
_SUBSET = re.compile(r"""(?:"[^"]*"|'[^']*'|<!--.*?-->|[^\]"'])*+\]\s*>""", re.DOTALL)
_NESTED_ENTITY = re.compile(r"<!ENTITY\s+[^%<>\s][^<>]{0,2000}?&\w", re.IGNORECASE)
_FEED_ROOT = re.compile(r"<(?:\w+:)?(?:rss|feed|rdf|channel)\b", re.IGNORECASE)
_FEED_START = re.compile(
    r"<\?xml\b|<!DOCTYPE\s+(?!html)|<(?:\w+:)?(?:rss|feed|rdf)\b", re.IGNORECASE
)
_HTML_ROOT = re.compile(r"<!doctype\s+html|<html\b", re.IGNORECASE)
_FEED_LINK = re.compile(
    r"""<link\b[^>]*type=["']?application/(?:rss|atom|feed)\+(?:xml|json)[^>]*>""", re.IGNORECASE
)
_DATA = re.compile(r"(\bdata:[\w/+.-]{1,60};base64,)[A-Za-z0-9+/=\s]{2000,}+")
"""A picture within the text itself: no mail shows it, and it may be megabytes."""
_IN_COMMENT = re.compile(
    r"<!--\s*+(?=<\?xml\b|<(?:\w+:)?(?:rss|feed|rdf)\b)(.*?)-->", re.IGNORECASE | re.DOTALL
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_AMPERSAND = re.compile(r"&(?:#x([0-9a-f]{1,12});|#([0-9]{1,12});|(\w{1,31});)?", re.IGNORECASE)
# A link without its end would take in what follows it.
_UNCLOSED_LINK = re.compile(
    r"(<link>\s*+https?://[^\s<>]++)(?=\s*+<(?!/link\s*>|!))", re.IGNORECASE
)
_ESCAPED_CDATA = re.compile(
    r"(?<=>)(\s*)&lt;!\[CDATA\[((?:[^<\]]|\](?!\]))*+)\]\](?:&gt;|>)(?=\s*</)", re.IGNORECASE
)
"""A CDATA section whose signs were escaped, as the whole text of an element."""
_OPENED = re.compile(r"<([\w:.-]+)(?:\s[^<>]*)?>\s*\Z")
_XML_ENTITIES = ("amp", "lt", "gt", "quot", "apos")


def feed_markup(text: str, url: str) -> tuple[str, bool]:
    """The document of a feed, from its root element on, and whether it declared entities.

    Raises SourceError if the text is a web page, declares entities made of others, or has a tag of
    absurd length.
    """
    text = _DATA.sub(r"\1", _unwrapped(_CONTROL.sub("", text)))
    _require_feed(text, url)
    start = _end_of(_PROLOG, text, 0)
    doctype = _DOCTYPE.match(text, start)
    declares = False
    if doctype:
        start = doctype.end() + 1
        if doctype[1]:
            end = _SUBSET.match(text, doctype.end()) or _FEED_ROOT.search(text, doctype.end())
            start = end.end() if end and end.re is _SUBSET else end.start() if end else start
            subset = text[doctype.end() : start]
            declares = "<!entity" in subset.lower()
            _require_plain_entities(subset)
    # feedparser searches an unclosed processing instruction for its encoding in cubic time.
    root = text[start:].lstrip().removeprefix("<?")
    return _escaped(root), declares


def _require_plain_entities(subset: str) -> None:
    """Refuse entities made of other entities, whose only use is an attack on parsers."""
    if _NESTED_ENTITY.search(subset):
        raise SourceError(
            "it declares XML entities made of others, which are never expanded",
            fix="tell the source's owner to write its text without entity declarations",
        )


def _end_of(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start


def _unwrapped(text: str) -> str:
    """The feed without what servers print before it, or the web page that shows it as text."""
    head = text[:4096]
    escaped = re.search(r"&lt;(?:\?xml|rss|feed|rdf:RDF)\b", head)
    if escaped and not _FEED_ROOT.search(head):
        end = re.search(r"</pre>|</body>|\Z", text[escaped.start() :], re.IGNORECASE)
        text = html.unescape(text[escaped.start() : escaped.start() + (end.start() if end else 0)])
    commented = _IN_COMMENT.search(text) if _HTML_ROOT.search(head) else None
    if commented:
        return commented[1]
    start = _FEED_START.search(text[:20_000])
    before = text[: start.start()] if start else ""
    # A web page may quote a feed; it is one only if the feed is all that follows.
    return text[start.start() :] if start and not _HTML_ROOT.search(before) else text


def _require_feed(text: str, url: str) -> None:
    head = text[:4096]
    if _HTML_ROOT.search(head) and not _FEED_ROOT.search(head):
        named = _FEED_LINK.search(text[:100_000])
        href = re.search(r"""href=["']?([^"'\s>]+)""", named[0]) if named else None
        address = absolute_url(url, html.unescape(href[1])) if href else ""
        raise SourceError(
            "it answers with a web page where a feed was expected",
            fix=f"use the feed that the page names: {address}"
            if address
            else "check the address of the source, or configure it as a page",
        )
    if _ENDLESS_TAG.search(text):
        raise SourceError(
            f"it has a tag of more than {MAX_TAG:,} bytes", fix="tell the source's owner"
        )


def _escaped(text: str) -> str:
    """`text` with every ampersand outside CDATA as part of a reference that XML knows."""
    parts, here = [], 0
    while (start := text.find("<![CDATA[", here)) >= 0:
        end = text.find("]]>", start)
        end = len(text) if end < 0 else end
        unclosed = _unclosed_end(text, start, end)
        if unclosed:
            parts += [_repaired(text[here:start]), text[start:unclosed], "]]>"]
            here = unclosed
            continue
        parts += [_repaired(text[here:start]), text[start:end]]
        here = end
    return "".join([*parts, _repaired(text[here:])])


def _unclosed_end(text: str, start: int, end: int) -> int:
    """Where a CDATA section that lacks its end must end: before the end tag of its element; or 0.

    It lacks one if its element ends, and the next begins, before another section or the document's end.
    """
    opened = _OPENED.search(text[max(0, start - 500) : start])
    inner = text.find("<![CDATA[", start + 9, end)
    if not opened or (inner < 0 and end < len(text)):
        return 0
    closing = re.compile(rf"</{re.escape(opened[1])}\s*>(?=\s*</?[\w:]+[\s>/])").search(
        text, start, inner if inner >= 0 else end
    )
    return closing.start() if closing else 0


def _repaired(markup: str) -> str:
    markup = _ESCAPED_CDATA.sub(r"\1\2", markup)
    return _UNCLOSED_LINK.sub(r"\1</link>", _AMPERSAND.sub(_reference, markup))


def _reference(reference: re.Match[str]) -> str:
    hexadecimal, decimal, name = reference.groups()
    if hexadecimal or decimal:
        code = int(hexadecimal, 16) if hexadecimal else int(decimal)
        allowed = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code <= 0x10FFFF
        return reference[0] if allowed and code not in (0xFFFE, 0xFFFF) else "&#65533;"
    if name in name2codepoint and name not in _XML_ENTITIES:
        return chr(name2codepoint[name])
    return reference[0] if name in _XML_ENTITIES else f"&amp;{reference[0][1:]}"
