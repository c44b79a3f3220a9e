"""Quoted-printable (RFC 2045 section 6.7), written so that no relay has a reason to touch it.

Beyond what the RFC asks, the lines written here never begin with a dot (no dot-stuffing, RFC 5321
section 4.5.2), never begin with "From " (mbox stores quote it), and hold no run of spaces and no
tab: they already are the body that DKIM's relaxed canonicalization makes (RFC 6376 section 3.4.4).
"""

from __future__ import annotations

import re

LINE_LENGTH = 76
SOFT_BREAK = b"=\r\n"

_LINE_END = re.compile(rb"\r\n|\r|\n")
_UNSAFE = re.compile(rb"[^!-<>-~ ]|(?<= ) | \Z")
_NOTHING_TO_ESCAPE = re.compile(r"(?!\.|From )[!-<>-~]+(?: [!-<>-~]+)*\Z")
_ESCAPES = {bytes([octet]): b"=%02X" % octet for octet in range(256)}


def encode(text: str) -> bytes:
    """The text with CRLF line ends and lines of at most 76 octets; lone surrogates become U+FFFD."""
    return b"\r\n".join([_wrap(line, LINE_LENGTH) for line in _escaped_lines(text)])


def encode_unfinished(text: str) -> bytes:
    """The same, but more text will follow: a last line that is not empty ends in a soft break.

    So what follows begins a line of its own, whatever its length.
    """
    if _NOTHING_TO_ESCAPE.match(text):  # most links and names
        return _wrap(text.encode(), LINE_LENGTH - 1) + SOFT_BREAK
    *lines, last = _escaped_lines(text)
    closed = _wrap(last, LINE_LENGTH - 1) + SOFT_BREAK if last else b""
    return b"\r\n".join([*[_wrap(line, LINE_LENGTH) for line in lines], closed])


def _escaped_lines(text: str) -> list[bytes]:
    return [_UNSAFE.sub(_escape, line) for line in _LINE_END.split(_utf8(text))]


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _escape(match: re.Match[bytes]) -> bytes:
    return _ESCAPES[match[0]]


def _wrap(line: bytes, room: int) -> bytes:
    """Break an escaped line softly, never inside =XX; its last piece has at most `room` octets."""
    line = _guard_start(line)
    pieces = []
    while len(line) > room:
        cut = LINE_LENGTH - 1
        escape = line.find(b"=", cut - 2, cut)
        cut = cut if escape < 0 else escape
        pieces.append(line[:cut])
        line = _guard_start(line[cut:])
    pieces.append(line)
    return SOFT_BREAK.join(pieces)


def _guard_start(line: bytes) -> bytes:
    if line.startswith(b"."):
        return b"=2E" + line[1:]
    if line.startswith(b"From "):
        return b"=46" + line[1:]
    return line
