"""Divides the HTML of a mail into the blocks that a reader sees: lines and paragraphs, with links and pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

MOST_BLOCKS = 3_000
"""The most blocks of one mail that are looked at."""

_HEADINGS = ("h1", "h2", "h3", "h4")
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_WITHOUT_TEXT = frozenset(
    [
        "head",
        "script",
        "style",
        "title",
        "template",
        "noscript",
        "svg",
        "select",
        "textarea",
        "button",
    ]
)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|max-height\s*:\s*0|mso-hide\s*:\s*all"
    r"|font-size\s*:\s*[01](?:px|pt)?\s*(?:;|\Z)",
    re.IGNORECASE,
)
"""How mails hide the preview text."""
_BOLD = re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)", re.IGNORECASE)
_SIZE = re.compile(r"font-size\s*:\s*(\d{1,3})(?:\.\d+)?px", re.IGNORECASE)
_LINE = "\x1e"
"""Marks a line break; it is white space."""
LARGE = 18
"""In pixels: text of this size is a headline. Most mails set their text in 14 to 16."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A picture as the mail states it, and where it leads; sizes are "" if they are not stated."""

    src: str
    alt: str
    width: str
    height: str
    link: str


@dataclass(kw_only=True, slots=True)
class Block:
    """One line or paragraph: its text, the text of each link, and its pictures.

    `is_strong` says that all of it is a heading, bold or large. `first_line` is the text up to
    the first line break.
    """

    text: str = ""
    links: dict[str, str] = field(default_factory=dict)
    pictures: list[Picture] = field(default_factory=list)
    is_strong: bool = False
    first_line: str = ""

    @property
    def linked(self) -> float:
        """The share of its letters that are links."""
        letters = len("".join(self.text.split()))
        return sum(len("".join(text.split())) for text in self.links.values()) / max(letters, 1)


@dataclass(slots=True)
class _Open:
    """What holds for the text at a place of the document."""

    link: str = ""
    strong: bool = False


def blocks_of(page: Any) -> list[Block]:
    """The blocks of the document in their order, without what it hides and without empty ones."""
    collected = _Collector()
    # Each element is met when it opens and when it closes: mails nest tables deeper than Python recurses.
    stack: list[tuple[Any, _Open, bool]] = [(page, _Open(), False)]
    while stack and len(collected.blocks) < MOST_BLOCKS:
        element, state, is_closing = stack.pop()
        if is_closing:
            if element.tag in _BLOCKS:
                collected.end_block()
            collected.add(element.tail or "", state)
            continue
        if not isinstance(element.tag, str) or _is_hidden(element):
            collected.add(element.tail or "", state)
            continue
        inner = _inside(element, state)
        if element.tag in _BLOCKS:
            collected.end_block()
        if element.tag == "br":
            collected.end_line()
        elif element.tag == "img":
            collected.add_picture(element, state)
        collected.add(element.text or "", inner)
        stack.append((element, state, True))
        stack.extend((child, inner, False) for child in reversed(element))
    collected.end_block()
    return collected.blocks


class _Collector:
    """Gathers text until a block ends; two line breaks end one too."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._texts: list[tuple[str, _Open]] = []
        self._pictures: list[Picture] = []
        self._breaks = 0

    def add(self, text: str, state: _Open) -> None:
        """Add text to the block; white space alone does not separate two line breaks."""
        if text.strip():
            self._breaks = 0
        if text:
            self._texts.append((text, state))

    def end_line(self) -> None:
        """A line break; the second in a row ends the block."""
        self._breaks += 1
        if self._breaks > 1:
            self.end_block()
        else:
            self._texts.append((_LINE, _Open()))

    def add_picture(self, element: Any, state: _Open) -> None:
        """Add a picture to the block."""
        self._breaks = 0
        given = {
            name: str(element.get(name) or "").strip() for name in ("src", "alt", "width", "height")
        }
        self._pictures.append(Picture(**given, link=state.link))

    def end_block(self) -> None:
        """End the block, if there is anything in it."""
        texts, pictures = self._texts, self._pictures
        self._texts, self._pictures, self._breaks = [], [], 0
        written = "".join(text for text, _state in texts)
        text = _one_line(written)
        if not text and not pictures:
            return
        links: dict[str, str] = {}
        for part, state in texts:
            if state.link and part.strip():
                links[state.link] = _one_line(f"{links.get(state.link, '')} {part}")
        strong = all(state.strong for part, state in texts if part.strip()) and bool(text)
        first = _one_line(written.strip().partition(_LINE)[0])
        self.blocks.append(
            Block(text=text, links=links, pictures=pictures, is_strong=strong, first_line=first)
        )


def _inside(element: Any, state: _Open) -> _Open:
    """What holds for the text inside the element."""
    link, strong = state.link, state.strong
    if element.tag == "a" and element.get("href"):
        link = str(element.get("href")).strip()
    style = str(element.get("style") or "")
    size = _SIZE.search(style)
    strong = (
        strong
        or element.tag in (*_HEADINGS, "b", "strong")
        or bool(_BOLD.search(style))
        or (size is not None and int(size[1]) >= LARGE)
    )
    return _Open(link=link, strong=strong)


def _is_hidden(element: Any) -> bool:
    return element.tag in _WITHOUT_TEXT or bool(_HIDDEN.search(str(element.get("style") or "")))


def _one_line(text: str) -> str:
    return " ".join(re.sub("[\u200b-\u200f\u2060\ufeff\u00ad\u034f\u2007]", "", text).split())
