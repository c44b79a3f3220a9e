"""Makes untrusted text safe: HTML by an allow-list, titles as one clean line."""

from __future__ import annotations

import html
import re
import unicodedata

import nh3

from newsletter.articles.urls import absolute_url

MAX_HTML = 200_000
"""In characters; a longer body is cut before it is parsed."""
MAX_DEPTH = 100
"""HTML nested deeper is read as plain text: lxml drops it, MRML crashes."""
MAX_OPEN = 1000
"""HTML that may leave more elements open is not parsed at all: nh3 takes seconds for it."""
MAX_LINE = 300


def _names(names: str) -> frozenset[str]:
    return frozenset(names.split())


_KEPT = _names(
    "p div br hr h2 h3 h4 h5 h6 ul ol li blockquote pre code em strong b i u s sub sup a"
)
_BLOCKS = _names(
    "section article main header footer figure figcaption aside center address details summary nav"
    " table caption thead tbody tfoot tr td th dl dt dd"
)
"""Containers that become a plain div, so that their contents stay separate."""
_TABLE = _names("table caption thead tbody tfoot tr td th")
_DROPPED = _names(
    "script style template svg math iframe object embed noscript head title textarea select button"
    " form audio video canvas map frameset noembed noframes xmp plaintext"
)
_EVERY_TAG = _KEPT | _BLOCKS | {"h1"}
_RENAMED = {
    with_tables: re.compile(rf"<(/?)({'|'.join(sorted(names | {'h1'}))})(?=[ >])")
    for with_tables, names in ((False, _BLOCKS), (True, _BLOCKS - _TABLE))
}
"""Elements that get another name, without tables and with them."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\ufeff]")
# Directional overrides and isolates reorder the text after them, even beyond the title.
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069\u00ad\u2060]")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
# html5ever compares every attribute with every other: 100,000 of them in one tag take 10 s.
_ENDLESS_TAG = re.compile(r"<[a-zA-Z][^>]{8000,}(?:>|\Z)")
# Those that are left open are opened again in each paragraph after, identical ones three times at
# most: without attributes, they are identical.
_FORMATTING = re.compile(
    r"<(b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/])"
    r"(?:(?:[^<>\"']|\"[^\"]*\"|'[^']*')*+|[^>]*+)>",
    re.IGNORECASE,
)
# XHTML has elements such as <a name="x"/>, which HTML takes for a start tag only.
_SELF_CLOSED = re.compile(
    r"<([a-zA-Z][a-zA-Z0-9]*)((?:\s++[\w:.-]++(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'))?+)*+)\s*+/>"
)
_IMPLIED_END = _names(
    "p li dt dd tr td th option br hr img input meta link col wbr source area base"
)
_VOID = _names("br hr img")


def clean_text(text: str) -> str:
    """`text` in NFC, with newlines as line ends, without control characters and lone surrogates."""
    if text.isascii() and text.isprintable():
        return text
    text = re.sub(r"\r\n?|[\u2028\u2029\x85\x0b\x0c]", "\n", text)
    return unicodedata.normalize("NFC", _CONTROL.sub("", text))


def one_line(text: str, limit: int = MAX_LINE) -> str:
    """The text as one clipped line, with single spaces, without characters that reorder it."""
    return clip(" ".join(_BIDI.sub("", clean_text(text)).split()), limit)


def clip(text: str, limit: int) -> str:
    """`text`, or its beginning up to a word's end and an ellipsis, at most `limit` characters."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    at_word = head if text[limit - 1].isspace() else head.rpartition(" ")[0]
    # Scripts without spaces, and single long words, are cut within.
    kept = at_word if len(at_word) > limit // 2 else head
    return kept.rstrip(" ,;:–—-") + "…"


def safe_html(
    source: str,
    base: str = "",
    *,
    with_pictures: bool = False,
    with_tables: bool = False,
    limit: int = MAX_HTML,
) -> str:
    """Well-formed HTML of the allowed elements only; links absolute (against `base`).

    The result is also well-formed XML content, as MJML requires: every element closed, and
    only numeric character references besides the five of XML. `with_pictures` keeps images by
    their web addresses and sizes, `with_tables` keeps tables; else their cells become containers.
    What is longer than `limit` characters is cut.
    """
    source = _ENDLESS_TAG.sub("", clean_text(source[:limit]))
    source = _FORMATTING.sub(r"<\1>", _SELF_CLOSED.sub(_closed, source))
    if source.count("<") > MAX_OPEN and most_open(source) > MAX_OPEN:
        return _flat(source)
    cleaned = clean_text(_cleaner(base, with_pictures, with_tables).clean(source))
    if cleaned.count("<") > MAX_DEPTH and _depth(cleaned) > MAX_DEPTH:
        return _flat(cleaned)
    cleaned = _RENAMED[with_tables].sub(_renamed, cleaned)
    cleaned = re.sub(r"<(br|hr)>", r"<\1/>", cleaned).replace("&nbsp;", "&#160;")
    return without_empty(cleaned).strip()


def most_open(source: str) -> int:
    """An upper bound of the elements open at once in any HTML, found without parsing."""
    return _deepest(source, _IMPLIED_END)


def _depth(cleaned: str) -> int:
    """How deep nh3's result is nested, in which every element is closed."""
    return _deepest(cleaned, _VOID)


def _deepest(source: str, uncounted: frozenset[str]) -> int:
    depth = deepest = 0
    for match in _TAG.finditer(source):
        if match[2].lower() not in uncounted:
            depth = max(0, depth - 1) if match[1] else depth + 1
            deepest = max(deepest, depth)
    return deepest


def _flat(source: str) -> str:
    """The text of the HTML as paragraphs, without parsing it."""
    return paragraphs_html(html.unescape(re.sub(r"<[^>]*>", "\n", source)).split("\n"))


def _closed(tag: re.Match[str]) -> str:
    """A self-closed element as HTML has it: with an end tag, unless its end is implied."""
    name = tag[1].lower()
    if name in _IMPLIED_END or name in ("svg", "math"):
        return tag[0]
    return "<br>" if name in _BLOCKS or name == "div" else f"<{name}{tag[2]}></{name}>"


def paragraphs_html(paragraphs: list[str]) -> str:
    """The plain paragraphs as HTML."""
    lines = (" ".join(clean_text(paragraph).split()) for paragraph in paragraphs)
    return "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in lines if line)


def text_of(safe: str) -> str:
    """The text of `safe_html`'s result: paragraphs separated by one empty line."""
    text = re.sub(r"<br/>|</li>", "\n", safe)
    text = re.sub(r"</?(?:p|div|hr/|h[2-6]|ul|ol|blockquote|pre)>", "\n\n", text)
    text = clean_text(html.unescape(re.sub(r"<[^>]*>", "", text)))
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def plain_text(source: str) -> str:
    """The text of untrusted HTML as one line, with entities decoded and single spaces."""
    return " ".join(_BIDI.sub("", text_of(safe_html(source))).split())


def opening(text: str, limit: int = 300) -> str:
    """The first sentences of `text` that fit in `limit` characters, else its clipped beginning."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    ends = [end.end() for end in re.finditer(r"[.!?…][\"'”’)\]]*(?=\s)|[。！？؟]", line[:limit])]
    if ends and ends[-1] > limit // 3:
        return line[: ends[-1]]
    return clip(line, limit)


def _cleaner(base: str, with_pictures: bool, with_tables: bool) -> nh3.Cleaner:
    def address(tag: str, attribute: str, value: str) -> str | None:
        if attribute == "alt":
            return value
        if attribute in ("width", "height", "colspan"):
            return value if value.isascii() and value.isdigit() and len(value) <= 5 else None
        if attribute not in ("href", "src"):  # nh3 lets every element have `lang` and `title`
            return None
        if value.strip().lower().startswith("mailto:"):
            return " ".join(value.split())
        return absolute_url(base, value) or None

    cells = {"td": {"colspan"}, "th": {"colspan"}} if with_tables else {}
    return nh3.Cleaner(
        tags={*_EVERY_TAG, "img"} if with_pictures else set(_EVERY_TAG),
        clean_content_tags=set(_DROPPED),
        attributes={"a": {"href"}, "img": {"src", "alt", "width", "height"}, **cells},
        attribute_filter=address,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )


def _renamed(tag: re.Match[str]) -> str:
    return f"<{tag[1]}{'h2' if tag[2] == 'h1' else 'div'}"


def without_empty(source: str) -> str:
    """`safe_html`'s result without the elements that have no text."""
    empty = re.compile(
        r"<(p|div|li|ul|ol|em|strong|b|i|u|s|h[2-6]|blockquote)>(?:\s|&#160;|<br/>)*</\1>|<a>\s*</a>"
    )
    while True:
        smaller = empty.sub(" ", source)
        if smaller == source:
            return source
        source = smaller
