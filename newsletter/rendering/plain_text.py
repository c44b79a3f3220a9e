"""Plain text for the mail's text part: lines of 72 columns, links as footnotes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from functools import lru_cache

WIDTH = 72


def columns(text: str) -> int:
    """How many columns a terminal gives the text: wide East Asian letters take two."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(map(_columns_of, text))


@lru_cache(maxsize=4096)
def _columns_of(sign: str) -> int:
    if unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1


@lru_cache(maxsize=4096)  # a story's words stand in many editions
def wrap(text: str, width: int = WIDTH, indent: str = "") -> str:
    """The text in lines of at most `width` columns, each after `indent`.

    Breaks at spaces, and around wide letters, which have none; never before a closing mark. A
    word longer than a line keeps its line, so that an address stays whole.
    """
    lines: list[str] = []
    line, used, room = "", 0, width - columns(indent)
    for piece in _pieces(text):
        if line and used + columns(piece.rstrip(" ")) > room:
            lines.append(line)
            line, used = "", 0
        added = piece if line else piece.lstrip(" ")
        line, used = line + added, used + columns(added)
    lines.append(line)
    return "\n".join((indent + line).rstrip(" ") for line in lines)


def _pieces(text: str) -> list[str]:
    """What may not be broken: words with the space after them, wide letters with their marks."""
    pieces: list[str] = []
    for word in re.findall(r"[^ ]+ *| +", text):
        if word.isascii():
            pieces.append(word)
            continue
        start = 0
        for place in range(1, len(word)):
            if _may_break(word[place - 1], word[place]):
                pieces.append(word[start:place])
                start = place
        pieces.append(word[start:])
    return pieces


def _may_break(before: str, after: str) -> bool:
    wide = _columns_of(before) == 2 or _columns_of(after) == 2
    opens = unicodedata.category(before) in ("Ps", "Pi")
    closes = unicodedata.category(after) in ("Pe", "Pf", "Po", "Mn", "Me", "Cf", "Sk")
    return wide and not opens and not closes and before != "\u200d" and after != " "


def underline(text: str, sign: str) -> str:
    """A rule as long as the text is wide."""
    return sign * min(columns(text), WIDTH)


class Footnotes:
    """Numbers links in the order they are met; the same address keeps its number.

    `led` says what is printed for an address.
    """

    def __init__(self, led: Callable[[str], str] = str) -> None:
        self._led = led
        self._numbers: dict[str, int] = {}

    @property
    def addresses(self) -> Collection[str]:
        """Every address met so far."""
        return self._numbers.keys()

    def mark(self, url: str) -> str:
        """` [3]` for an address, "" for none."""
        if not url:
            return ""
        return f" [{self._numbers.setdefault(url, len(self._numbers) + 1)}]"

    @property
    def lines(self) -> list[str]:
        """`[3] https://…`, one for each address met so far."""
        return [f"[{number}] {self._led(url)}" for url, number in self._numbers.items()]
