"""Finds the article's text in a page, and makes sure that no large part of it is lost in silence.

trafilatura decides what is the article. It decides a little differently when it keeps links and
emphasis, so the text is extracted twice, and the version with links is taken only if its words are
those of the plain one. The result is then compared with what the page itself marks as its article.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from newsletter.articles.sanitize import paragraphs_html

if TYPE_CHECKING:
    import lxml.html

LOST_SHARE = 0.5
"""A text with less than this share of the marked article's words is not taken as it is."""
_SAME = 0.02
"""The share of words in which the text with links may differ from the plain one."""
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]|\w+")
# The group keeps the tags themselves when a text is split by them.
_BLOCK = re.compile(
    r"(</?(?:p|h[1-6]|ul|ol|li|dl|dt|dd|blockquote|pre|div|table|tr|td|th|br|hr|body|html|head|title|meta)\b[^>]*>)"
)
_LOOK_AHEAD = 20_000
"""Letters within which a block of one version is looked for in the other."""
_MARKED = (
    ".//*[@itemprop='articleBody']",
    ".//article",
    ".//main",
    ".//*[@role='main']",
)
_ASIDE = {"nav", "aside", "footer", "form", "header", "figure", "figcaption", "button", "noscript"}
_NOT_ARTICLE = re.compile(
    r"comment|related|recommend|promo|newsletter|share|social|sidebar|footer|teaser|most-?read|outbrain|taboola",
    re.IGNORECASE,
)


class Extraction(Enum):
    """Which reading of the page gave the text."""

    USUAL = "usual"
    BROAD = "broad"  # the usual one lost most of what the page marks as its article
    STATED = "stated"  # the page states its text for machines, and shows only its beginning
    MARKED = "marked"  # the paragraphs of the element that the page marks as its article


@dataclass(frozen=True, kw_only=True, slots=True)
class PageBody:
    """The article's HTML, how it was found, and what share of the marked article's words it has."""

    html: str
    extraction: Extraction = Extraction.USUAL
    share: float = 1.0


def extract_body(tree: lxml.html.HtmlElement, *, stated: str) -> PageBody:
    """The text of the parsed page; `stated` is the article's whole text if the page states it."""
    usual = _usual(tree)
    size = _size(usual)
    paragraphs = [part for part in re.split(r"\s*\n\s*", stated) if part.strip()]
    if len(_words(stated)) > 1.5 * size and _within(usual, stated):
        return PageBody(html=paragraphs_html(paragraphs), extraction=Extraction.STATED)
    marked = marked_paragraphs(tree)
    whole = _size(marked)
    if not whole or size >= LOST_SHARE * whole:
        return PageBody(html=usual)
    broad = _extract(tree, rich=True, favor_recall=True)
    if _size(broad) >= LOST_SHARE * whole:
        return PageBody(html=broad, extraction=Extraction.BROAD, share=size / whole)
    return PageBody(html=marked, extraction=Extraction.MARKED, share=size / whole)


def _usual(tree: lxml.html.HtmlElement) -> str:
    """The text with links and emphasis, or without them if it has other words then."""
    plain = _extract(tree, rich=False)
    rich = with_spaces_of(_extract(tree, rich=True), plain)
    words, others = Counter(_words(_text(plain))), Counter(_words(_text(rich)))
    differing = (words - others).total() + (others - words).total()
    return rich if differing <= _SAME * words.total() else plain


def with_spaces_of(rich: str, plain: str) -> str:
    """The HTML with a space wherever the plain version has one: trafilatura loses some at links."""
    words = re.sub(r"<[^>]*>", "", _BLOCK.sub(" ", plain)).split()
    letters = "".join(words)
    ends = set(accumulate(map(len, words)))
    blocks, at = [], 0
    for block in _BLOCK.split(rich):
        own = "".join(re.sub(r"<[^>]*>", "", block).split())
        found = letters.find(own, at, at + len(own) + _LOOK_AHEAD) if own else -1
        if found >= 0:
            blocks.append(_spaced(block, found, ends))
            at = found + len(own)
        else:
            blocks.append(block)
    return "".join(blocks)


def _spaced(block: str, at: int, ends: Collection[int]) -> str:
    """The block with a space after each letter whose place, counted from `at`, is in `ends`."""
    pieces, after_space = [], True
    for piece in re.findall(r"<[^>]*>|\s+|[^<\s]|<", block):
        if piece.isspace() or len(piece) > 1:
            after_space = after_space or piece.isspace()
        else:
            if at in ends and not after_space:
                pieces.append(" ")
            after_space = False
            at += 1
        pieces.append(piece)
    return "".join(pieces)


def _extract(tree: lxml.html.HtmlElement, *, rich: bool, **options: Any) -> str:
    import trafilatura

    found = trafilatura.extract(
        tree,
        output_format="html",
        include_comments=False,
        include_formatting=rich,
        include_links=rich,
        include_images=rich,
        **options,
    )
    return found or ""


def marked_paragraphs(tree: lxml.html.HtmlElement) -> str:
    """The paragraphs of the element that the page marks as its article, as HTML; "" for none."""
    for path in _MARKED:
        # Other articles that the page lists are marked too, but they are shorter there.
        found = max(map(_paragraphs_of, tree.findall(path)), key=len, default="")
        if found:
            return found
    return ""


def _paragraphs_of(element: lxml.html.HtmlElement) -> str:
    kept: list[str] = []
    stack = [element]
    while stack:
        part = stack.pop()
        if not isinstance(part.tag, str) or part.tag in _ASIDE:
            continue
        marks = f"{part.get('class') or ''} {part.get('id') or ''}"
        if part is not element and _NOT_ARTICLE.search(marks[:200]):
            continue
        if part.tag in ("p", "h2", "h3", "h4", "pre", "blockquote"):
            text = " ".join(part.text_content().split())
            linked = sum(len(link.text_content()) for link in part.iterfind(".//a"))
            if linked * 2 <= len(text) and text:
                name = part.tag if part.tag.startswith("h") else "p"
                kept.append(f"<{name}>{html.escape(text, quote=False)}</{name}>")
        else:
            stack.extend(reversed(part))
    return "".join(kept)


def _within(text: str, stated: str) -> bool:
    """Whether the words of the HTML are nearly all among those of the stated text."""
    words = Counter(_words(_text(text)))
    return (words - Counter(_words(stated))).total() <= 0.3 * words.total()


def _text(source: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", " ", source))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _size(source: str) -> int:
    return len(_words(_text(source)))
