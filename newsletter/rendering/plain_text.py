"""Formats the mail's text part: lines of 72 columns, links as footnotes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from functools import lru_cache

WIDTH = 72


def columns(text: str) -> int:
    """The width of the text in terminal columns; wide East Asian characters take two."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(map(_columns_of, text))


@lru_cache(maxsize=4096)
def _columns_of(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


@lru_cache(maxsize=4096)  # editions share their stories
def wrap(text: str, width: int = WIDTH, indent: str = "") -> str:
    """Wrap the text into lines of at most `width` columns, each starting with `indent`.

    Lines break at spaces and between wide characters, but never before closing punctuation. A
    word longer than a line is not broken, so that a URL stays whole.
    """
    lines: list[str] = []
    line, used, available = "", 0, width - columns(indent)
    for piece in _pieces(text):
        if line and used + columns(piece.rstrip(" ")) > available:
            lines.append(line)
            line, used = "", 0
        added = piece if line else piece.lstrip(" ")
        line, used = line + added, used + columns(added)
    lines.append(line)
    return "\n".join((indent + line).rstrip(" ") for line in lines)


def _pieces(text: str) -> list[str]:
    """Unbreakable pieces: words with the space after them, wide characters with their marks."""
    pieces: list[str] = []
    for word in re.findall(r"[^ ]+ *| +", text):
        if word.isascii():
            pieces.append(word)
            continue
        start = 0
        for index in range(1, len(word)):
            if _may_break(word[index - 1], word[index]):
                pieces.append(word[start:index])
                start = index
        pieces.append(word[start:])
    return pieces


def _may_break(before: str, after: str) -> bool:
    wide = _columns_of(before) == 2 or _columns_of(after) == 2
    opens = unicodedata.category(before) in ("Ps", "Pi")
    closes = unicodedata.category(after) in ("Pe", "Pf", "Po", "Mn", "Me", "Cf", "Sk")
    return wide and not opens and not closes and before != "\u200d" and after != " "


def underline(text: str, character: str) -> str:
    """A line of the character, as wide as the widest line of the wrapped text."""
    return character * max(columns(line) for line in wrap(text).splitlines() or [""])


class Footnotes:
    """The links of a text part: shown at once, or numbered and printed below the passage.

    An address keeps its number until it is printed. `display` maps an address to the one that is printed, such as a
    counted link.
    """

    def __init__(self, display: Callable[[str], str] = str) -> None:
        self._display = display
        self._addresses: dict[str, None] = {}
        self._numbers: dict[str, int] = {}  # of those not printed yet
        self._last = 0

    @property
    def addresses(self) -> Collection[str]:
        """Every address so far."""
        return self._addresses.keys()

    def show(self, url: str) -> str:
        """The address as it is printed, on a line of its own."""
        if url:
            self._addresses[url] = None
        return self._display(url) if url else ""

    def mark(self, url: str) -> str:
        """The marker of an address, such as ` [3]`; "" for an empty address."""
        if not url:
            return ""
        self._addresses[url] = None
        if url not in self._numbers:
            self._last += 1
            self._numbers[url] = self._last
        return f" [{self._numbers[url]}]"

    @property
    def lines(self) -> list[str]:
        """The footnotes that are not printed yet, such as `[3] https://…`."""
        return [f"[{number}] {self._display(url)}" for url, number in self._numbers.items()]

    def take(self) -> str:
        """The lines of those footnotes, which are printed by that."""
        lines = "\n".join(self.lines)
        self._numbers.clear()
        return lines
