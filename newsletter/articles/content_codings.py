"""Decodes the content codings of a response (RFC 9110 section 8.4), each within a limit of output.

Lenient like a browser: codings that do not exist (`none`, `UTF-8`) change nothing, checksums are
not required, and what follows the end of the compressed data is ignored.
"""

from __future__ import annotations

import re
import sys
import zlib
from dataclasses import dataclass

from newsletter.errors import SourceError

_GZIP = b"\x1f\x8b\x08"
_ZSTD_FRAME = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")
_ZSTD_WINDOW = 23
"""The largest window that a sender may use, as a power of two (RFC 9659)."""
_TEXT = re.compile(rb"(?:\xef\xbb\xbf)?\s*[<{\[]")
"""The first bytes of a feed or page that was not compressed at all."""
_MOST_LAYERS = 4
_MOST_PARTS = 100
"""Each part of a body copies what comes after it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plain:
    """Decoded bytes, at most one more than the limit; `whole` if the compressed data had its end."""

    body: bytes
    whole: bool = True


def decode_content(body: bytes, encoding: str, *, limit: int) -> Plain:
    """`body` without the codings that Content-Encoding names, nor gzip that it does not name.

    Raises SourceError for data that its coding cannot have written.
    """
    codings = [name.strip().lower() for name in encoding.split(",")]
    plain = Plain(body=body)
    for coding in reversed(codings[-_MOST_LAYERS:]):
        plain = _without(coding, plain, limit)
    return _without("gzip", plain, limit) if plain.body.startswith(_GZIP) else plain


def _without(coding: str, plain: Plain, limit: int) -> Plain:
    """The body without one coding; unchanged if it is text that does not have it."""
    decoder = _DECODERS.get(coding)
    if decoder is None or not plain.body:
        return plain
    is_text = _TEXT.match(plain.body) is not None
    try:
        layer = decoder(plain.body, limit)
    except SourceError:
        if is_text:
            return plain
        raise
    if is_text and not layer.whole:
        return plain
    return Plain(body=layer.body, whole=plain.whole and layer.whole)


def _gunzip(body: bytes, limit: int) -> Plain:
    """The members of a gzip file (RFC 1952 section 2.2), without their checksums."""
    if not body.startswith(_GZIP):
        raise _damaged("gzip", "it does not begin like a gzip file")
    out = bytearray()
    for _ in range(_MOST_PARTS):
        layer, rest = _inflate(body[_gzip_header_end(body) :], limit - len(out))
        out += layer.body
        body = rest[8:].lstrip(b"\0")
        if not layer.whole or len(out) > limit or not body.startswith(_GZIP):
            return Plain(body=bytes(out), whole=layer.whole)
    raise _damaged("gzip", f"it has more than {_MOST_PARTS} parts")


def _gzip_header_end(body: bytes) -> int:
    """Where the compressed data of a gzip member begin (RFC 1952 section 2.3)."""
    flags, end = int.from_bytes(body[3:4]), 10
    if flags & 4:
        end += 2 + int.from_bytes(body[end : end + 2], "little")
    for flag in (8, 16):  # the file's name and a comment, each ended by a zero byte
        if flags & flag:
            zero = body.find(b"\0", end)
            end = zero + 1 if zero >= 0 else len(body)
    return end + (2 if flags & 2 else 0)


def _inflate_alone(body: bytes, limit: int) -> Plain:
    """The coding `deflate`: zlib data (RFC 1950), or without its frame, or gzip, as servers send it."""
    if body.startswith(_GZIP):
        return _gunzip(body, limit)
    framed = body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0
    return _inflate(body[2:] if framed else body, limit)[0]


def _inflate(body: bytes, room: int) -> tuple[Plain, bytes]:
    """Raw deflate data (RFC 1951), and the bytes after its end."""
    decompressor = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        out = decompressor.decompress(body, room + 1)
    except zlib.error as error:
        raise _damaged("gzip or deflate", str(error)) from error
    return Plain(body=out, whole=decompressor.eof), decompressor.unused_data


def _unbrotli(body: bytes, limit: int) -> Plain:
    """Brotli (RFC 7932)."""
    import brotli  # only for servers that use it

    decompressor = brotli.Decompressor()
    out = bytearray()
    try:
        while len(out) <= limit and not decompressor.is_finished():
            part = decompressor.process(body, output_buffer_limit=limit + 1 - len(out))
            if not part and not body:
                break
            out, body = out + part, b""
    except brotli.error as error:
        raise _damaged("br", str(error)) from error
    return Plain(body=bytes(out), whole=decompressor.is_finished())


def _unzstd(body: bytes, limit: int) -> Plain:
    """Every frame of Zstandard data (RFC 8878)."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    out = bytearray()
    try:
        for _ in range(_MOST_PARTS):
            options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW}
            decompressor = zstd.ZstdDecompressor(options=options)
            out += decompressor.decompress(body, limit + 1 - len(out))
            body = decompressor.unused_data
            if not decompressor.eof or len(out) > limit or not _ZSTD_FRAME.match(body):
                return Plain(body=bytes(out), whole=decompressor.eof)
    except zstd.ZstdError as error:
        raise _damaged("zstd", str(error)) from error
    raise _damaged("zstd", f"it has more than {_MOST_PARTS} parts")


_DECODERS = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _inflate_alone,
    "br": _unbrotli,
    "zstd": _unzstd,
}


def _damaged(coding: str, reason: str) -> SourceError:
    return SourceError(
        f"its compressed body ({coding}) is damaged: {reason}", fix="try again later"
    )
