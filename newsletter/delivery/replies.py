"""Reads a relay's replies from bytes (RFC 5321 section 4.2), with their enhanced status codes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

MAX_REPLY = 32_768
"""Octets in all lines of one reply; anything longer is not SMTP."""

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?\Z", re.DOTALL)
_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?!\S)")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class ReplyError(ValueError):
    """The bytes are not an SMTP reply, so the connection can no longer be trusted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """A reply's code and its printable text, with the lines joined by a space."""

    code: int
    text: str

    @property
    def enhanced(self) -> str:
        """The enhanced status code (RFC 3463), or "" if there is none that fits the code."""
        match = _ENHANCED.match(self.text)
        if match is None or int(match[1]) != self.code // 100:
            return ""
        return match[0]

    def __str__(self) -> str:
        return f"{self.code} {self.text}".rstrip()


class ReplyReader:
    """Takes bytes as they arrive and returns whole replies."""

    def __init__(self) -> None:
        self._rest = b""
        self._code = 0
        self._lines: list[str] = []
        self._size = 0

    @property
    def is_between_replies(self) -> bool:
        """Whether no part of another reply has arrived."""
        return not self._rest and not self._lines

    def feed(self, data: bytes) -> Iterator[Reply]:
        """Yield the replies that `data` completes; raise ReplyError at anything that is not SMTP.

        The replies before it are valid: what follows a message's reply does not undo the reply.
        """
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._size += len(line) + 1
            self._limit(self._size)
            reply = self._take_line(line)
            if reply is not None:
                yield reply
        self._limit(self._size + len(self._rest))

    def _limit(self, octets: int) -> None:
        if octets > MAX_REPLY:
            raise ReplyError(f"a reply of more than {MAX_REPLY} octets")

    def _take_line(self, line: bytes) -> Reply | None:
        read = _read_line(line)
        if read.whole is not None and not self._lines:
            self._size = 0
            return read.whole
        if self._lines and read.code != self._code:
            raise ReplyError(f"a reply that begins with {self._code} continues with {read.code}")
        self._code = read.code
        self._lines.append(read.text)
        if read.whole is None:
            return None
        reply = Reply(code=read.code, text=_joined(self._lines))
        self._lines, self._size = [], 0
        return reply


@dataclass(frozen=True, kw_only=True, slots=True)
class _Line:
    """One line of a reply, with printable text. `whole` is the reply if no other line follows."""

    code: int
    text: str
    whole: Reply | None


@lru_cache(maxsize=256)  # a relay replies the same to each message
def _read_line(line: bytes) -> _Line:
    match = _LINE.match(line.removesuffix(b"\r"))
    if match is None:
        raise ReplyError(f"not an SMTP reply: {line[:80]!r}")
    code, mark, text = match.groups()
    printable = _UNPRINTABLE.sub(" ", (text or b"").decode("utf-8", "replace")).strip()
    whole = None if mark == b"-" else Reply(code=int(code), text=printable)
    return _Line(code=int(code), text=printable, whole=whole)


def _joined(lines: Sequence[str]) -> str:
    """The text in one line; an enhanced code that each line repeats occurs once."""
    first, *others = lines
    match = _ENHANCED.match(first) if others else None
    if match is not None:
        others = [line.removeprefix(match[0]).strip() for line in others]
    return " ".join(part for part in (first, *others) if part)
