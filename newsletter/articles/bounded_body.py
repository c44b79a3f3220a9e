"""A response body that is collected in chunks, decompressed, and limited in size."""

from __future__ import annotations

import zlib

from newsletter.errors import SourceError

_GZIP_OR_ZLIB = 47
"""The window size with which zlib detects gzip or zlib by the header."""


class BoundedBody:
    """Collects a body of at most `limit` bytes, decompressed; raises SourceError if it is larger."""

    def __init__(self, *, encoding: str, limit: int) -> None:
        if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise SourceError(
                f"the answer is compressed as {encoding!r}, which was not requested",
                fix="tell the source's owner",
            )
        self._limit = limit
        self._body = bytearray()
        self._compressed = encoding not in ("", "identity")
        self._decompressor = zlib.decompressobj(_GZIP_OR_ZLIB)

    def add(self, chunk: bytes) -> None:
        """Add the next bytes of the response."""
        if self._compressed:
            self._decompress(chunk)
        else:
            self._body += chunk
        if len(self._body) > self._limit:
            raise SourceError(
                f"it is larger than {self._limit / 1_000_000:g} MB",
                field="fetch.max_bytes",
                fix="raise fetch.max_bytes if that size is right",
            )

    def finish(self) -> bytes:
        """The whole body; raises SourceError if a compressed body is incomplete."""
        if self._compressed and self._body and not self._decompressor.eof:
            raise SourceError("its compressed body is incomplete", fix="try again later")
        return bytes(self._body)

    def _decompress(self, chunk: bytes) -> None:
        try:
            while chunk and len(self._body) <= self._limit:
                if self._decompressor.eof:  # a gzip file may have several members (RFC 1952 2.2)
                    self._decompressor = zlib.decompressobj(_GZIP_OR_ZLIB)
                room = self._limit + 1 - len(self._body)
                self._body += self._decompressor.decompress(chunk, room)
                chunk = self._decompressor.unconsumed_tail or self._decompressor.unused_data
        except zlib.error as error:
            raise SourceError(
                f"its compressed body is damaged: {error}", fix="try again later"
            ) from error
