"""Renders the editors' Markdown as HTML for an mj-text and as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from newsletter.articles.sanitize import safe_html
from newsletter.issues.blocks import LABELS, Block, Place
from newsletter.issues.issue import Words
from newsletter.rendering.plain_text import Footnotes, wrap
from newsletter.rendering.safe_text import one_line, web_link
from newsletter.rendering.translation import Translator

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

_BLOCK = re.compile(r"<(p|ul|ol|blockquote)>")
_HEADING = re.compile(r"<h[2-6]>(.*?)</h[2-6]>", re.DOTALL)


def _alt_only(
    _renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    _options: OptionsDict,
    _env: EnvType,
) -> str:
    return str(escape(tokens[index].content))


@cache
def _markdown() -> MarkdownIt:
    """A CommonMark parser that shows HTML as text and only the alternative text of images."""
    from markdown_it import MarkdownIt  # slow to load, and most commands do not render

    markdown = MarkdownIt("commonmark", {"html": False})
    markdown.add_render_rule("image", _alt_only)
    return markdown


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """A non-empty text in Markdown (CommonMark)."""

    source: str

    @property
    def html(self) -> Markup:
        """Sanitised, well-formed HTML. Headings become bold lines, to keep the outline of the issue."""
        safe = _HEADING.sub(
            r'<p class="subhead">\1</p>', safe_html(_markdown().render(self.source))
        )
        return Markup(_BLOCK.sub(r'<\1 dir="auto">', safe))  # noqa: S704 (safe_html sanitised it)

    def text(self, footnotes: Footnotes) -> str:
        """Plain text: wrapped lines, an empty line between paragraphs, links as footnotes."""
        return "\n\n".join(_blocks(_markdown().parse(self.source), footnotes))


def make_note(source: str) -> Note | None:
    """The note, or None if the source is blank."""
    return Note(source=source) if source.strip() else None


def _blocks(tokens: Sequence[Token], footnotes: Footnotes) -> Iterator[str]:
    """Yield paragraphs, and lists with each item on its own line."""
    markers: list[str] = []  # of the open lists: "-", or the next number
    items: list[str] = []
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            markers.append("-" if token.tag == "ul" else str(token.attrGet("start") or 1))
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            markers.pop()
            if not markers:
                yield "\n".join(items)
                items = []
        elif token.type in ("inline", "fence", "code_block"):
            text = _inline_text(token, footnotes)
            if not markers:
                yield wrap(text)
                continue
            marker = markers[-1] if markers[-1] == "-" else f"{markers[-1]}."
            indent = "  " * (len(markers) - 1) + " " * (len(marker) + 1)
            items.append(
                indent[: -len(marker) - 1] + marker + wrap(text, indent=indent)[len(indent) - 1 :]
            )
            if markers[-1] != "-":
                markers[-1] = str(int(markers[-1]) + 1)


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
            elif mailbox not in pieces:
                pieces.append(f" <{mailbox}>")
        elif part.type in ("softbreak", "hardbreak"):
            pieces.append(" ")
        else:
            pieces.append(part.content)
    return one_line("".join(pieces))


@dataclass(frozen=True, kw_only=True, slots=True)
class Aside:
    """A block beside the articles as templates see it; `label` names it.

    `kind` is "sponsor", "deals", "jobs" or "popular"; `title` and `url` may be "".
    """

    kind: str
    label: str
    title: str
    url: str
    link_text: str
    body: Note | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """The notes and blocks that editors put around the articles of one issue."""

    intro: Note | None
    closing: Note | None
    after_lead: tuple[Aside, ...]
    at_end: tuple[Aside, ...]


def surround(
    words: Words, blocks: Sequence[Block], *, day: date, translate: Translator
) -> Surroundings:
    """The notes, and the blocks that run on `day`, the issue's local date.

    `translate` gives the label of a block that has none of its own.
    """
    running = [block for block in blocks if block.runs_on(day)]
    placed = {
        place: tuple(_aside(block, translate) for block in running if block.place is place)
        for place in Place
    }
    return Surroundings(
        intro=make_note(words.intro),
        closing=make_note(words.closing),
        after_lead=placed[Place.AFTER_LEAD],
        at_end=placed[Place.END],
    )


def _aside(block: Block, translate: Translator) -> Aside:
    return Aside(
        kind=block.kind,
        label=one_line(block.label) or translate(LABELS[block.kind]),
        title=one_line(block.title),
        url=web_link(block.url),
        link_text=one_line(block.link_text),
        body=make_note(block.text),
    )
