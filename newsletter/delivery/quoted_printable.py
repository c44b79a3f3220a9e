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
_ESCAPES = {bytes([octet]): b"=%02X" % octet for octet in range(256)}


def encode(text: str) -> bytes:
    """The text with CRLF line ends and lines of at most 76 octets; lone surrogates become U+FFFD."""
    lines = _LINE_END.split(_utf8(text))
    return b"\r\n".join([_wrap(_UNSAFE.sub(_escape, line)) for line in lines])


def encode_before_slot(text: str) -> bytes:
    """The encoded text, ready for more to follow at the start of a line.

    A soft break closes a last line that is not empty, so what follows owns its own line and may
    be of any length.
    """
    encoded = encode(text)
    return encoded if not encoded or encoded.endswith(b"\r\n") else encoded + SOFT_BREAK


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _escape(match: re.Match[bytes]) -> bytes:
    return _ESCAPES[match[0]]


def _wrap(line: bytes) -> bytes:
    """Break an escaped line softly, never inside =XX."""
    line = _guard_start(line)
    if len(line) <= LINE_LENGTH:
        return line
    pieces = []
    while len(line) > LINE_LENGTH:
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
