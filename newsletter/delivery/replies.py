"""A relay's replies, read from bytes (RFC 5321 section 4.2), and their enhanced status codes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

MAX_REPLY = 32_768
"""Octets in one reply, all its lines together; a longer one is no SMTP."""

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?\Z", re.DOTALL)
_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?!\S)")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class ReplyError(ValueError):
    """What came is no SMTP reply: nothing on this connection can be trusted any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """A reply's code and its text, the lines joined by a space, printable."""

    code: int
    text: str

    @property
    def enhanced(self) -> str:
        """The enhanced status code (RFC 3463), or "" where there is none that fits the code."""
        match = _ENHANCED.match(self.text)
        if match is None or int(match[1]) != self.code // 100:
            return ""
        return match[0]

    def __str__(self) -> str:
        return f"{self.code} {self.text}".rstrip()


class ReplyReader:
    """Takes bytes as they come and gives back whole replies."""

    def __init__(self) -> None:
        self._rest = b""
        self._code = 0
        self._lines: list[str] = []
        self._size = 0

    @property
    def is_between_replies(self) -> bool:
        """Whether no part of a further reply has come."""
        return not self._rest and not self._lines

    def feed(self, data: bytes) -> Iterator[Reply]:
        """The replies that `data` completes, one by one; raises ReplyError at what is no SMTP.

        Those before it count: nonsense after a message's reply does not unsay the reply.
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
            raise ReplyError(f"a reply that begins with {self._code} goes on with {read.code}")
        self._code = read.code
        self._lines.append(read.text)
        if read.whole is None:
            return None
        reply = Reply(code=read.code, text=_joined(self._lines))
        self._lines, self._size = [], 0
        return reply


@dataclass(frozen=True, kw_only=True, slots=True)
class _Line:
    """One line of a reply; its text is printable. `whole` where no other needs to follow it."""

    code: int
    text: str
    whole: Reply | None


@lru_cache(maxsize=256)  # a relay says the same to each message
def _read_line(line: bytes) -> _Line:
    match = _LINE.match(line.removesuffix(b"\r"))
    if match is None:
        raise ReplyError(f"not an SMTP reply: {line[:80]!r}")
    code, mark, text = match.groups()
    printable = _UNPRINTABLE.sub(" ", (text or b"").decode("utf-8", "replace")).strip()
    whole = None if mark == b"-" else Reply(code=int(code), text=printable)
    return _Line(code=int(code), text=printable, whole=whole)


def _joined(lines: Sequence[str]) -> str:
    """One line; an enhanced code that each line repeats is said once."""
    first, *others = lines
    match = _ENHANCED.match(first) if others else None
    if match is not None:
        others = [line.removeprefix(match[0]).strip() for line in others]
    return " ".join(part for part in (first, *others) if part)
