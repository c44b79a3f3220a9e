"""A response body taken in piece by piece, unpacked, and never larger than allowed."""

from __future__ import annotations

import zlib

from newsletter.errors import SourceError

_GZIP_OR_ZLIB = 47
"""The window size that tells zlib to look at the header itself."""


class BoundedBody:
    """Collects a body of at most `limit` bytes, after unpacking; raises SourceError beyond."""

    def __init__(self, *, encoding: str, limit: int) -> None:
        if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise SourceError(
                f"it answers packed as {encoding!r}, which was not asked for",
                fix="tell the source's owner",
            )
        self._limit = limit
        self._body = bytearray()
        self._packed = encoding not in ("", "identity")
        self._unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)

    def add(self, chunk: bytes) -> None:
        """Take the next bytes off the wire."""
        if self._packed:
            self._unpack(chunk)
        else:
            self._body += chunk
        if len(self._body) > self._limit:
            raise SourceError(
                f"it is larger than {self._limit / 1_000_000:g} MB",
                field="fetch.max_bytes",
                fix="raise fetch.max_bytes if that size is right",
            )

    def finish(self) -> bytes:
        """The whole body; raises SourceError when a packed one ends in its middle."""
        if self._packed and self._body and not self._unpacker.eof:
            raise SourceError("its packed body ends in the middle", fix="try again later")
        return bytes(self._body)

    def _unpack(self, chunk: bytes) -> None:
        try:
            while chunk and len(self._body) <= self._limit:
                if self._unpacker.eof:  # a gzip file may have several members (RFC 1952 2.2)
                    self._unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
                room = self._limit + 1 - len(self._body)
                self._body += self._unpacker.decompress(chunk, room)
                chunk = self._unpacker.unconsumed_tail or self._unpacker.unused_data
        except zlib.error as error:
            raise SourceError(
                f"its packed body is damaged: {error}", fix="try again later"
            ) from error
