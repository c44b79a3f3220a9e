"""The whole text of an article within the mail: headings lowered, cut at a paragraph.

Its largest pictures are shown at a width that every client obeys; its tables in a shape that a
phone can show.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import nh3
from markupsafe import Markup

from newsletter.articles.article import Image
from newsletter.articles.pictures import pixels
from newsletter.rendering.body_tables import with_readable_tables
from newsletter.rendering.hyphenation import with_breaks
from newsletter.rendering.pictures import LEAD_WIDTH, Picture, sized_picture
from newsletter.rendering.safe_text import fragment, one_line, shorten

_KEPT = {
    *("p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "br", "hr"),
    *("em", "strong", "b", "i", "u", "s", "sub", "sup", "a", "img", "table", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt", "width", "height"}}
_BLOCK = re.compile(r"<(/?)(p|h[3-6]|ul|ol|blockquote|pre|table|hr)\b[^>]*>")
_IMAGE = re.compile(r"<img\b([^>]*)>")
_STATED = re.compile(r'(\w+)="([^"]*)"')
# A link from a footnote back to its mark leads nowhere in a mail.
_BACK = re.compile(r"<a\b[^>]*>\s*[↩↑⤴^]\ufe0e?\ufe0f?\s*</a>")
_MOST_PICTURES = 8
_PICTURE_LETTERS = 200
"""What a picture counts for where letters are limited: about the length of its markup."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FullBody:
    """The text as HTML for an mj-text and as plain paragraphs; `cut` says that its end is missing."""

    html: Markup
    paragraphs: tuple[str, ...]
    cut: bool


def full_body(
    body_html: str, body_text: str, *, limit: int | None, level: int, shown: str = ""
) -> FullBody | None:
    """The article's text with at most `limit` characters (None: all of it); None without any text.

    `level` is that of its highest heading, one below that of its title. `shown` is the address of
    the picture that is shown above it.
    It is cut between two paragraphs; a first paragraph that is too long is shortened instead. The
    plain paragraphs are never cut, because the text part of a mail has no size limit.
    """
    lines = tuple(filter(None, map(one_line, body_text.split("\n"))))
    if not lines:
        return None
    blocks = list(_blocks(_prepared(str(fragment(body_html, body_text)), level, shown)))
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
    return with_breaks(source)  # every block has passed nh3


def _prepared(source: str, level: int, shown: str) -> str:
    """The HTML with what a mail shows well, in the form in which it does."""
    source = _closed(nh3.clean(source, attributes=_ATTRIBUTES, link_rel=None))
    source = with_readable_tables(_BACK.sub("", source))
    return _with_pictures(_lowered(source, level), shown)


def _closed(cleaned: str) -> str:
    """nh3's result as XML, which MJML requires."""
    return re.sub(r"<((?:br|hr|img)\b[^>]*)>", r"<\1/>", cleaned).replace("&nbsp;", "&#160;")


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
    return _closed(nh3.clean(source, tags=_KEPT, attributes=_ATTRIBUTES, link_rel=None))


def _with_pictures(source: str, shown: str) -> str:
    """The HTML with its largest pictures, sized; the others, and the one `shown` above, left out."""
    wanted: dict[int, Picture] = {}
    seen = {_same(shown)} if shown else set()
    for number, tag in enumerate(_IMAGE.finditer(source)):
        picture = sized_picture(_image(tag[1]), LEAD_WIDTH)
        if picture and _same(picture.url) not in seen:
            seen.add(_same(picture.url))
            wanted[number] = picture
    largest = sorted(wanted, key=lambda number: (-wanted[number].width, number))[:_MOST_PICTURES]
    numbers = count()

    def written(_tag: re.Match[str]) -> str:
        number = next(numbers)
        return _picture_html(wanted[number]) if number in largest else ""

    return re.sub(r"<a\b[^>]*>(?:\s|<br/>)*</a>", "", _IMAGE.sub(written, source))


def _image(attributes: str) -> Image:
    values = {name: html.unescape(value) for name, value in _STATED.findall(attributes)}
    return Image(
        url=values.get("src", ""),
        alt=values.get("alt", ""),
        width=pixels(values.get("width")),
        height=pixels(values.get("height")),
    )


def _picture_html(picture: Picture) -> str:
    return str(
        Markup('<img src="{}" alt="{}" width="{}"/>').format(
            picture.url, picture.alt, picture.width
        )
    )


def _same(url: str) -> str:
    """The address without what names a size of the picture."""
    return re.sub(r"-\d{2,4}x\d{2,4}(?=\.\w+\Z)", "", url.partition("?")[0])


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
    return source.count("<img ") * _PICTURE_LETTERS + len(
        html.unescape(re.sub(r"<[^>]*>", "", source)).strip()
    )
