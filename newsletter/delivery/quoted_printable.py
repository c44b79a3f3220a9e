"""Quoted-printable (RFC 2045 section 6.7), encoded so that relays do not change it.

Beyond what the RFC requires, the lines never begin with a dot (no dot-stuffing, RFC 5321 section
4.5.2), never begin with "From " (mbox stores quote it), and contain no runs of spaces and no tabs:
they are already in the relaxed form of DKIM (RFC 6376 section 3.4.4).
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
    """The same for text that more text will follow: a non-empty last line ends in a soft break.

    So the following text begins on a new line, whatever its length.
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


def _wrap(line: bytes, limit: int) -> bytes:
    """Split an escaped line by soft breaks, not inside =XX; the last piece has at most `limit` octets."""
    line = _guard_start(line)
    pieces = []
    while len(line) > limit:
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
