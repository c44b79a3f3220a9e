"""A response body that is collected in chunks, limited in size, and then decoded."""

from __future__ import annotations

import json
import re

from newsletter.articles.content_codings import Plain, decode_content
from newsletter.errors import SourceError

_END = re.compile(
    rb"</(?:rss|feed|(?:[a-z]+:)?rdf|html|opml)\s*>\s*(?:<!--[^<>]*-->\s*)*\Z", re.IGNORECASE
)
"""The end of a feed or page."""


class BoundedBody:
    """Collects a body of at most `limit` bytes; raises SourceError if it is larger, also decoded."""

    def __init__(self, *, encoding: str, limit: int) -> None:
        self._encoding = encoding
        self._limit = limit
        self._body = bytearray()

    def add(self, chunk: bytes) -> None:
        """Add the next bytes of the response."""
        self._body += chunk
        self._require_room(len(self._body))

    def finish(self) -> bytes:
        """The decoded body; raises SourceError if it is damaged or incomplete."""
        plain = self._decoded()
        if not plain.whole and not is_complete_document(plain.body):
            raise SourceError("its compressed body is incomplete", fix="try again later")
        return plain.body

    def complete_document(self) -> bytes | None:
        """The decoded body of a connection that ended too early, if it is a complete feed or page.

        Servers often announce a wrong Content-Length.
        """
        try:
            body = self._decoded().body
        except SourceError:
            return None
        return body if is_complete_document(body) else None

    def _decoded(self) -> Plain:
        plain = decode_content(bytes(self._body), self._encoding, limit=self._limit)
        self._require_room(len(plain.body))
        return plain

    def _require_room(self, size: int) -> None:
        if size > self._limit:
            raise SourceError(
                f"it is larger than {self._limit / 1_000_000:g} MB",
                field="fetch.max_bytes",
                fix="raise fetch.max_bytes if that size is right",
            )


def is_complete_document(body: bytes) -> bool:
    """Whether the body has the end of a feed or page, or is JSON to its end."""
    if _END.search(body[-1000:].replace(b"\0", b"")):  # in UTF-16, every other byte is zero
        return True
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False
