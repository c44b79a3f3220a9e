"""Splits the text of a segment into words, quoted texts and signs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from subscribers.errors import SegmentError

MAX_LENGTH = 2000
"""Characters of a segment."""


class Kind(Enum):
    """What a token is."""

    WORD = auto()
    QUOTED = auto()
    SIGN = auto()
    END = auto()


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """A piece of the text; `text` is without its quotes, `position` counts from 1."""

    kind: Kind
    text: str
    position: int

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these words, in upper or lower case."""
        return self.kind is Kind.WORD and self.text.casefold() in words

    def is_sign(self, *signs: str) -> bool:
        """Whether it is one of these signs."""
        return self.kind is Kind.SIGN and self.text in signs


_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | '(?P<single>(?:[^']|'')*)'
    | "(?P<double>(?:[^"]|"")*)"
    | (?P<sign>!=|[=(),:])
    | (?P<word>[^\s'"=!(),:<>&|“”‘’„]+)
    """,
    re.VERBOSE,
)

_WRONG_SIGNS = {
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not`, or `!=` between a name and a value",
    "<": "an attribute is compared with =, != or in (…); for dates write `joined before 2026-01-31`",
    ">": "an attribute is compared with =, != or in (…); for dates write `joined after 2026-01-31`",
    "'": "close the quotation with another '; an apostrophe in a text is written twice",
    '"': 'close the quotation with another "; a quotation mark in a text is written twice',
}
_CURLY = "“”‘’„"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def tokens_of(text: str) -> list[Token]:
    """The tokens of the text, of which the last is END; raises SegmentError."""
    if len(text) > MAX_LENGTH:
        raise SegmentError(
            f"it is longer than {MAX_LENGTH} characters", position=MAX_LENGTH, fix="shorten it"
        )
    if control := _CONTROL.search(text):
        raise SegmentError(
            "it contains a control character", position=control.start() + 1, fix="remove it"
        )
    found: list[Token] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise _wrong_sign(text[place], place + 1)
        if token := _token(match, place + 1):
            found.append(token)
        place = match.end()
    return [*found, Token(kind=Kind.END, text="", position=len(text) + 1)]


def _token(match: re.Match[str], position: int) -> Token | None:
    kind = match.lastgroup or ""
    text = match[kind]
    if kind == "space":
        return None
    if kind in ("single", "double"):
        quote = "'" if kind == "single" else '"'
        return Token(kind=Kind.QUOTED, text=text.replace(2 * quote, quote), position=position)
    return Token(kind=Kind.SIGN if kind == "sign" else Kind.WORD, text=text, position=position)


def _wrong_sign(sign: str, position: int) -> SegmentError:
    fix = "use straight quotation marks: '…'" if sign in _CURLY else _WRONG_SIGNS[sign]
    return SegmentError(f"{sign} cannot be used here", position=position, fix=fix)
