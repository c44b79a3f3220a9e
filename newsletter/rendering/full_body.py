"""The whole text of an article within the mail: headings lowered, cut at a paragraph."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

import nh3
from markupsafe import Markup

from newsletter.rendering.safe_text import fragment, one_line, shorten

_KEPT = {
    *("p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "br", "hr"),
    *("em", "strong", "b", "i", "u", "s", "sub", "sup", "a"),
}
_BLOCK = re.compile(r"<(/?)(p|h[3-6]|ul|ol|blockquote|pre|hr)\b[^>]*>")


@dataclass(frozen=True, kw_only=True, slots=True)
class FullBody:
    """The text as HTML for an mj-text and as plain paragraphs; `cut` says that its end is missing."""

    html: Markup
    paragraphs: tuple[str, ...]
    cut: bool


def full_body(body_html: str, body_text: str, *, limit: int | None, level: int) -> FullBody | None:
    """The article's text with at most `limit` characters (None: all of it); None without any text.

    `level` is that of its highest heading, one below that of its title.
    It is cut between two paragraphs; a first paragraph that is too long is shortened instead. The
    plain paragraphs are never cut, because the text part of a mail has no size limit.
    """
    lines = tuple(filter(None, map(one_line, body_text.split("\n"))))
    if not lines:
        return None
    blocks = list(_blocks(_lowered(str(fragment(body_html, body_text)), level)))
    kept: list[str] = []
    size = 0
    for block in blocks:
        size += _length(block)
        if limit is not None and size > limit:
            break
        kept.append(block)
    while kept and kept[-1].startswith("<h"):  # a heading without its text
        kept.pop()
    if not kept:
        kept = [f"<p>{html.escape(shorten(lines[0], limit or len(lines[0])), quote=False)}</p>"]
    return FullBody(html=_markup("".join(kept)), paragraphs=lines, cut=len(kept) < len(blocks))


def _markup(source: str) -> Markup:
    return Markup(source)  # noqa: S704 (every block has passed nh3)


def _lowered(source: str, level: int) -> str:
    """The HTML with headings below those of the mail, and with the elements that mail shows well."""
    open_levels: list[int] = []  # the article's own levels of the headings above the text here

    def heading(tag: re.Match[str]) -> str:
        own = int(tag[2])
        if not tag[1]:
            while open_levels and open_levels[-1] >= own:
                open_levels.pop()
            open_levels.append(own)
        # Headings go down one level at a time, whatever levels the article skips.
        return f"<{tag[1]}h{min(6, level + len(open_levels) - 1)}"

    source = re.sub(r"<(/?)h([1-6])\b", heading, source)
    source = re.sub(r"<(/?)div\b[^>]*>", r"<\1p>", source)
    cleaned = nh3.clean(source, tags=_KEPT, attributes={"a": {"href"}}, link_rel=None)
    return re.sub(r"<(br|hr)>", r"<\1/>", cleaned).replace("&nbsp;", "&#160;")


def _blocks(source: str) -> Iterator[str]:
    """The paragraphs, lists and other blocks at the top of the HTML, each whole."""
    depth = start = 0
    for tag in _BLOCK.finditer(source):
        name = tag[2]
        if depth == 0 and not tag[1]:
            yield from _loose(source[start : tag.start()])
            start = tag.start()
        if name != "hr":
            depth += -1 if tag[1] else 1
        if depth == 0:
            block = source[start : tag.end()]
            if _length(block) or name == "hr":
                yield block
            start = tag.end()
    yield from _loose(source[start:])


def _loose(source: str) -> Iterator[str]:
    """Text between the blocks, as a paragraph."""
    if _length(source):
        yield f"<p>{source.strip()}</p>"


def _length(source: str) -> int:
    return len(html.unescape(re.sub(r"<[^>]*>", "", source)).strip())
