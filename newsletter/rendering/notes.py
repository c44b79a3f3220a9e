"""Renders the editors' Markdown as HTML for an mj-text and as plain text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape
from typing import TYPE_CHECKING, ClassVar

import nh3
from markupsafe import Markup, escape

from newsletter.articles.sanitize import clean_text
from newsletter.rendering.direction import direction_of
from newsletter.rendering.hyphenation import with_breaks
from newsletter.rendering.pictures import LEAD_WIDTH, PHONE_WIDTH, Picture
from newsletter.rendering.plain_text import Footnotes, wrap
from newsletter.rendering.safe_text import one_line, printable, web_link, without_dead_links

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

_BLOCK = re.compile(r"<(p|ul|ol|blockquote)\b([^>]*)>(?=(.*?)</\1>)", re.DOTALL)
_TABLE = re.compile(r"<table>(.*?)</table>", re.DOTALL)
_ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_LINE_OF_PHONE, _BETWEEN_COLUMNS = 15, 2
"""Letters on a line of a phone of 320 pixels where text is twice as large, and how many fit between two columns."""
_HEADING = re.compile(r"<h[1-6]>(.*?)</h[1-6]>", re.DOTALL)

MAX_NOTE = 100_000
"""In characters; a longer note is cut before it is parsed."""


def _picture(
    _renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    _options: OptionsDict,
    _env: EnvType,
) -> str:
    """A picture as wide as the text, or only its words where its address is not one for a mail."""
    token = tokens[index]
    url = web_link(str(token.attrGet("src") or ""))
    if not url:
        return str(escape(token.content))
    return str(
        Markup('<img src="{}" alt="{}" width="{}" style="width:100%;height:auto;">').format(
            url, token.content, LEAD_WIDTH
        )
    )


@cache
def _markdown() -> MarkdownIt:
    """A parser of CommonMark and tables that shows HTML as text."""
    from markdown_it import MarkdownIt  # slow to load, and most commands do not render

    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.add_render_rule("image", _picture)
    return markdown


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """A text in Markdown (CommonMark), below a `picture`; one of them may be missing.

    Its `kind` tells templates that it is not a block.
    """

    source: str
    picture: Picture | None = None
    kind: ClassVar[str] = ""

    @property
    def html(self) -> Markup:
        """Sanitised, well-formed HTML. Headings become bold lines, to keep the outline of the issue."""
        safe = _HEADING.sub(r'<p class="subhead">\1</p>', _sanitised(self.source))
        below = with_breaks(_TABLE.sub(_fitted, _BLOCK.sub(_directed, without_dead_links(safe))))
        return _drawn(self.picture) + below if self.picture else below

    def text(self, footnotes: Footnotes) -> str:
        """Plain text: wrapped lines, an empty line between paragraphs, links as footnotes."""
        writer = _TextBlocks(footnotes)
        if self.picture and self.picture.alt:
            writer.blocks.append(wrap(self.picture.alt))
        for token in _markdown().parse(self.source[:MAX_NOTE]):
            writer.add(token)
        return "\n\n".join(writer.blocks)


def _drawn(picture: Picture) -> Markup:
    """The picture in a paragraph of its own, as wide as the text but never enlarged."""
    fits = "width:100%" if picture.width >= PHONE_WIDTH else "max-width:100%"
    return Markup('<p><img src="{}" alt="{}" width="{}" style="{};height:auto;"/></p>').format(
        picture.url, picture.alt, picture.width, fits
    )


def _directed(block: re.Match[str]) -> str:
    """The start tag of a block, with the direction of its text."""
    direction = direction_of(re.sub(r"<[^>]*>", "", block[3]), "")
    return f'<{block[1]}{block[2]} dir="{direction}">' if direction else block[0]


def _fitted(table: re.Match[str]) -> str:
    """The table, whose words stay whole where the longest of each column fit beside each other."""
    longest: list[int] = []
    for row in _ROW.findall(table[1]):
        for column, cell in enumerate(_CELL.findall(row)):
            words = unescape(_TAG.sub("", cell)).split()
            longest += [0] * (column + 1 - len(longest))
            longest[column] = max((longest[column], *map(len, words)))
    fits = sum(letters + _BETWEEN_COLUMNS for letters in longest) <= _LINE_OF_PHONE
    return f'<table class="whole">{table[1]}</table>' if fits else table[0]


_TAGS = frozenset(
    "p ul ol li blockquote pre code em strong s a br hr h1 h2 h3 h4 h5 h6 img"  # noqa: SIM905 (a line)
    " table thead tbody tr th td".split()
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "style"},
    "ol": {"start"},
}


def _sanitised(source: str) -> str:
    """The note as HTML that is safe, although Markdown allows no HTML of its own."""
    rendered = _markdown().render(printable(clean_text(source[:MAX_NOTE])))
    cleaned = nh3.clean(
        rendered,
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    # MJML is XML: void elements are closed, and it knows no entity of HTML.
    return (
        re.sub(r"<(br|hr|img)\b([^>]*)>", r"<\1\2/>", cleaned).replace("&nbsp;", "&#160;").strip()
    )


def make_note(source: str, picture: Picture | None = None) -> Note | None:
    """The note, or None if the source is blank and there is no picture."""
    return Note(source=source, picture=picture) if source.strip() or picture else None


class _TextBlocks:
    """Collects the blocks of a note as plain text: paragraphs, lists, tables and code."""

    def __init__(self, footnotes: Footnotes) -> None:
        self._footnotes = footnotes
        self._markers: list[str] = []  # of the open lists: "-", or the next number
        self._cells: list[str] | None = None  # of the open row of a table
        self._lines: list[str] = []  # of the open list or table
        self.blocks: list[str] = []

    def add(self, token: Token) -> None:
        """Add the next token."""
        match token.type:
            case "bullet_list_open":
                self._markers.append("-")
            case "ordered_list_open":
                self._markers.append(str(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                self._markers.pop()
                self._end_of_lines()
            case "tr_open":
                self._cells = []
            case "tr_close":
                self._lines.append(wrap(" | ".join(self._cells or ())))
                self._cells = None
            case "table_close":
                self._end_of_lines()
            case "fence" | "code_block":
                self._code(token.content.rstrip("\n"))
            case "inline":
                self._words(_inline_text(token, self._footnotes))

    def _end_of_lines(self) -> None:
        if not self._markers:
            self.blocks.append("\n".join(self._lines))
            self._lines = []

    def _code(self, code: str) -> None:
        if self._markers:
            self._lines.append(code)
        else:
            self.blocks.append(code)

    def _words(self, text: str) -> None:
        if self._cells is not None:
            self._cells.append(text)
        elif self._markers:
            self._lines.append(self._list_item(text))
        else:
            self.blocks.append(wrap(text))

    def _list_item(self, text: str) -> str:
        number = self._markers[-1]
        marker = number if number == "-" else f"{number}."
        if number != "-":
            self._markers[-1] = str(int(number) + 1)
        indent = "  " * (len(self._markers) - 1) + " " * (len(marker) + 1)
        wrapped = wrap(text, indent=indent)[len(indent) - 1 :]
        return indent[: -len(marker) - 1] + marker + wrapped


def _inline_text(token: Token, footnotes: Footnotes) -> str:
    """The text of one paragraph; the address or footnote of a link follows its text."""
    pieces: list[str] = []
    addresses: list[str] = []
    for part in token.children or [token]:
        if part.type == "link_open":
            addresses.append(str(part.attrGet("href") or ""))
        elif part.type == "link_close":
            address = addresses.pop()
            mailbox = address.removeprefix("mailto:")
            if footnote := footnotes.mark(web_link(address)):
                pieces.append(footnote)
            elif address.startswith("mailto:") and mailbox not in pieces:
                pieces.append(f" <{mailbox}>")
        elif part.type in ("softbreak", "hardbreak"):
            pieces.append(" ")
        else:
            pieces.append(part.content)
    return one_line("".join(pieces))
