"""Repairs the heads of responses that browsers read, but that the HTTP client would refuse.

The client reads strictly by the grammar of RFC 9112, as it must where a connection has several
responses. Ours have one each, so a head that is wrong cannot be taken for another response.
"""

from __future__ import annotations

import re
import ssl
from typing import Any

import httpcore2

MAX_HEAD = 90_000
"""In bytes; a longer head is given to the client as it is, and refused."""

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_STATUS_LINE = re.compile(
    rb"\s*HTTP(?:/(\d+)(?:\.(\d+))?)?[ \t]+(\d{3})(?!\d)(.*)", re.IGNORECASE | re.DOTALL
)
_TOKEN = re.compile(rb"[-!#$%&'*+.^_`|~0-9a-zA-Z]+")
_CONTROLS = re.compile(rb"[\x00-\x20\x7f]+")


def repaired_head(head: bytes) -> bytes:
    """The head of a response (without its empty line) in the grammar of RFC 9112.

    Lines that are not fields are left out, as browsers do; a length that is not a number, or of
    which there are several, does not count; `Transfer-Encoding` is `chunked` or absent.
    """
    first, *lines = head.lstrip(b"\r\n").split(b"\n")
    status = _STATUS_LINE.fullmatch(first.rstrip(b"\r"))
    if status is None:
        return head
    version = b"1.0" if (status[1], status[2]) in ((b"1", b"0"), (b"0", b"9")) else b"1.1"
    reason = _CONTROLS.sub(b" ", status[4]).strip()
    fields = _with_one_framing(_fields(lines))
    start = b"HTTP/%b %b %b" % (version, status[3], reason)
    return b"\r\n".join([start, *(b"%b: %b" % field for field in fields)])


def is_interim(head: bytes) -> bool:
    """Whether another head follows this one (RFC 9110 section 15.2)."""
    status = _STATUS_LINE.match(head.lstrip(b"\r\n").partition(b"\n")[0])
    return status is not None and status[3].startswith(b"1") and status[3] != b"101"


def _fields(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    """Names and values; continuation lines are added to the field before them."""
    found: list[tuple[bytes, bytes]] = []
    is_kept = False
    for line in lines:
        value = _CONTROLS.sub(b" ", line).strip()
        if line[:1] in (b" ", b"\t"):
            if is_kept and value:
                name, start = found[-1]
                found[-1] = name, b"%b %b" % (start, value)
            continue
        name, colon, value = line.partition(b":")
        name = name.rstrip()
        is_kept = bool(colon) and _TOKEN.fullmatch(name) is not None
        if is_kept:
            found.append((name, _CONTROLS.sub(b" ", value).strip()))
    return found


def _with_one_framing(fields: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The fields with at most one that says where the body ends."""
    lengths: set[bytes] = set()
    codings: list[bytes] = []
    others = []
    for name, value in fields:
        match name.lower():
            case b"content-length":
                lengths.update(part.strip() for part in value.split(b","))
            case b"transfer-encoding":
                codings += [part.strip().lower() for part in value.split(b",")]
            case _:
                others.append((name, value))
    if b"chunked" in codings:
        return [*others, (b"Transfer-Encoding", b"chunked")]
    length = lengths.pop() if len(lengths) == 1 else b""
    if re.fullmatch(rb"\d{1,18}", length):
        return [*others, (b"Content-Length", length)]
    return others


class TolerantStream(httpcore2.AsyncNetworkStream):
    """A connection on which the heads of the response are repaired before the client reads them."""

    def __init__(self, inner: httpcore2.AsyncNetworkStream) -> None:
        self._inner = inner
        self._received = bytearray()
        self._in_body = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - the signature is the client's
        """Repaired heads, then the body as it comes; b"" at the end of the connection."""
        if self._in_body:
            return await self._inner.read(max_bytes, timeout)
        end, searched = _HEAD_END.search(self._received), 0
        while end is None:
            searched = max(0, len(self._received) - 3)
            chunk = await self._inner.read(max_bytes, timeout)
            self._received += chunk
            if not chunk or len(self._received) > MAX_HEAD:
                self._in_body = True
                return self._take(len(self._received))
            if searched == 0:
                self._received = self._received.lstrip(b"\r\n")
            end = _HEAD_END.search(self._received, searched)
        head = self._take(end.end())[: end.start()]
        self._in_body = not is_interim(head)
        rest = self._take(len(self._received)) if self._in_body else b""
        return repaired_head(head) + b"\r\n\r\n" + rest

    def _take(self, size: int) -> bytes:
        """Remove and return the first bytes of what was received."""
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - the signature is the client's
        """Send bytes as they are."""
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is the client's
    ) -> httpcore2.AsyncNetworkStream:
        """The connection over TLS, on which heads are repaired too."""
        return TolerantStream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """What the client asks about the connection."""
        return self._inner.get_extra_info(info)
