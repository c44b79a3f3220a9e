"""What editors write in Markdown, as HTML for an mj-text and as plain text."""

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
from newsletter.rendering.plaintext import Footnotes, wrap
from newsletter.rendering.safe_text import one_line, web_link
from newsletter.rendering.words import Speaker

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
    place: int,
    _options: OptionsDict,
    _env: EnvType,
) -> str:
    return str(escape(tokens[place].content))


@cache
def _markdown() -> MarkdownIt:
    """HTML is printed as text, and of a picture only its words: pictures belong to articles."""
    from markdown_it import MarkdownIt  # slow to load, and most commands render nothing

    markdown = MarkdownIt("commonmark", {"html": False})
    markdown.add_render_rule("image", _alt_only)
    return markdown


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """A text in Markdown (CommonMark), never empty."""

    source: str

    @property
    def html(self) -> Markup:
        """Sanitised and well-formed. Headings become bold lines: the issue's outline is its own."""
        safe = _HEADING.sub(
            r'<p class="subhead">\1</p>', safe_html(_markdown().render(self.source))
        )
        return Markup(_BLOCK.sub(r'<\1 dir="auto">', safe))  # noqa: S704 (safe_html sanitised it)

    def text(self, footnotes: Footnotes) -> str:
        """Wrapped lines, one empty line between paragraphs, links as footnotes."""
        return "\n\n".join(_blocks(_markdown().parse(self.source), footnotes))


def make_note(source: str) -> Note | None:
    """The note, or None where there are no words."""
    return Note(source=source) if source.strip() else None


def _blocks(tokens: Sequence[Token], footnotes: Footnotes) -> Iterator[str]:
    """Paragraphs, and lists with their items on lines of their own."""
    marks: list[str] = []  # of the lists that are open: "-", or the next number
    items: list[str] = []
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            marks.append("-" if token.tag == "ul" else str(token.attrGet("start") or 1))
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            marks.pop()
            if not marks:
                yield "\n".join(items)
                items = []
        elif token.type in ("inline", "fence", "code_block"):
            said = _words(token, footnotes)
            if not marks:
                yield wrap(said)
                continue
            sign = marks[-1] if marks[-1] == "-" else f"{marks[-1]}."
            indent = "  " * (len(marks) - 1) + " " * (len(sign) + 1)
            items.append(
                indent[: -len(sign) - 1] + sign + wrap(said, indent=indent)[len(indent) - 1 :]
            )
            if marks[-1] != "-":
                marks[-1] = str(int(marks[-1]) + 1)


def _words(token: Token, footnotes: Footnotes) -> str:
    """The text of one paragraph; an address follows the words that link to it."""
    said: list[str] = []
    addresses: list[str] = []
    for part in token.children or [token]:
        if part.type == "link_open":
            addresses.append(str(part.attrGet("href") or ""))
        elif part.type == "link_close":
            address = addresses.pop()
            mailbox = address.removeprefix("mailto:")
            if mark := footnotes.mark(web_link(address)):
                said.append(mark)
            elif mailbox not in said:
                said.append(f" <{mailbox}>")
        elif part.type in ("softbreak", "hardbreak"):
            said.append(" ")
        else:
            said.append(part.content)
    return one_line("".join(said))


@dataclass(frozen=True, kw_only=True, slots=True)
class Aside:
    """A block beside the articles as a template prints it; `label` says what it is.

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
    """All that editors put around the articles of one issue."""

    intro: Note | None
    closing: Note | None
    after_lead: tuple[Aside, ...]
    at_end: tuple[Aside, ...]


def surround(words: Words, blocks: Sequence[Block], *, day: date, say: Speaker) -> Surroundings:
    """The notes, and the blocks that run on `day`, the issue's local date; labels by `say`."""
    running = [block for block in blocks if block.runs_on(day)]
    placed = {
        place: tuple(_aside(block, say) for block in running if block.place is place)
        for place in Place
    }
    return Surroundings(
        intro=make_note(words.intro),
        closing=make_note(words.closing),
        after_lead=placed[Place.AFTER_LEAD],
        at_end=placed[Place.END],
    )


def _aside(block: Block, say: Speaker) -> Aside:
    return Aside(
        kind=block.kind,
        label=one_line(block.label) or say(LABELS[block.kind]),
        title=one_line(block.title),
        url=web_link(block.url),
        link_text=one_line(block.link_text),
        body=make_note(block.text),
    )
