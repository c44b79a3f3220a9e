"""Answers that browsers read are read, whatever the grammar says: from a real socket."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.fetch import Fetched, HttpClient
from newsletter.articles.tolerant_stream import repaired_head
from newsletter.config.settings import FetchSettings
from newsletter.errors import SourceError
from tests.servers.raw import RawServer

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

NOW = datetime(2026, 5, 4, 7, 0, tzinfo=UTC)
FEED = b"<rss version='2.0'><channel><title>N</title></channel></rss>\n"
OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(FEED)


@pytest.fixture
def raw() -> Iterator[RawServer]:
    """A server of bytes."""
    with RawServer() as running:
        yield running


async def fetched(url: str, *, seconds: float = 20, max_bytes: int = 100_000) -> Fetched:
    """One fetch."""
    settings = FetchSettings(
        allow_private=("127.0.0.1",), timeout=timedelta(seconds=seconds), max_bytes=max_bytes
    )
    async with HttpClient(settings) as client:
        return await client.fetch(url, memory=None, now=NOW)


def chunked(*parts: bytes) -> bytes:
    """A body in chunks."""
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (*parts, b""))


HEADS = {
    "no colon": OK + b"this is not a field\r\n" + LENGTH,
    "space before the colon": OK + b"X-Powered-By : us\r\nContent-Length : %d\r\n" % len(FEED),
    "space in a name": OK + b"X Powered By: us\r\n" + LENGTH,
    "empty name": OK + b": nothing\r\n" + LENGTH,
    "not ASCII": OK + "X-Größe: größer\r\n".encode() + LENGTH,
    "control characters": OK + b"X-A: \x01\x0b\x00b\r\n" + LENGTH,
    "folded": OK + b"X-A: one\r\n two\r\n\tthree\r\n" + LENGTH,
    "folded first": OK + b" X-A: one\r\n" + LENGTH,
    "folded after a bad line": OK + b"nonsense\r\n more: nonsense\r\n" + LENGTH,
    "line feeds alone": OK.replace(b"\r", b"") + LENGTH.replace(b"\r", b""),
    "blank lines first": b"\r\n\r\n" + OK + LENGTH,
    "no reason": b"HTTP/1.1 200\r\n" + LENGTH,
    "no reason, but a space": b"HTTP/1.1 200 \r\n" + LENGTH,
    "a reason in UTF-8": "HTTP/1.1 200 très bien\r\n".encode() + LENGTH,
    "two spaces": b"HTTP/1.1  200  OK\r\n" + LENGTH,
    "lower case": b"http/1.1 200 ok\r\n" + LENGTH,
    "HTTP/2 in words": b"HTTP/2 200 OK\r\n" + LENGTH,
    "HTTP/1": b"HTTP/1 200 OK\r\n" + LENGTH,
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\n",
    "203": b"HTTP/1.1 203 Non-Authoritative Information\r\n" + LENGTH,
    "hints first": b"HTTP/1.1 103 Early Hints\r\nno field\r\n\r\n" + OK + LENGTH,
    "two equal lengths": OK + LENGTH + LENGTH,
    "two lengths": OK + LENGTH + b"Content-Length: 7\r\n",
    "a length in words": OK + b"Content-Length: many\r\n",
    "a negative length": OK + b"Content-Length: -1\r\n",
    "an empty length": OK + b"Content-Length:\r\n",
    "too long a length": OK + b"Content-Length: 5000\r\n",
    "identity": OK + b"Transfer-Encoding: identity\r\n" + LENGTH,
    "codings that do not exist": OK + b"Content-Encoding: UTF-8\r\n" + LENGTH,
    "none": OK + b"Content-Encoding: none\r\n" + LENGTH,
    "gzip that is not": OK + b"Content-Encoding: gzip\r\n" + LENGTH,
    "br that is not": OK + b"Content-Encoding: br\r\n" + LENGTH,
    "deflate that is not": OK + b"Content-Encoding: deflate\r\n" + LENGTH,
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
async def test_a_head_that_browsers_read_is_read(raw: RawServer, head: bytes) -> None:
    """The feed below it comes out whole."""
    assert (await fetched(raw.put("/", head + b"\r\n" + FEED))).body == FEED


@pytest.mark.parametrize(
    "field",
    [
        b"Transfer-Encoding: Chunked",
        b"transfer-encoding: CHUNKED",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding : chunked\r\nContent-Length: 12",
    ],
)
async def test_chunks_are_joined_however_they_are_announced(raw: RawServer, field: bytes) -> None:
    """In any case, twice, and beside a length that does not count."""
    answer = OK + field + b"\r\n\r\n" + chunked(FEED[:20], FEED[20:])
    assert (await fetched(raw.put("/", answer))).body == FEED


def raw_deflate(content: bytes) -> bytes:
    """Deflate without the frame of zlib."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def framed(content: bytes) -> bytes:
    """A gzip member with every optional field of its header."""
    head = b"\x1f\x8b\x08\x1f" + bytes(6) + b"\x03\x00abc" + b"feed.xml\0" + b"why\0" + b"\0\0"
    return head + raw_deflate(content) + bytes(8)


PACKED = {
    "gzip": (b"gzip", gzip.compress(FEED)),
    "GZIP": (b" GZIP ", gzip.compress(FEED)),
    "x-gzip": (b"x-gzip", gzip.compress(FEED)),
    "identity, gzip": (b"identity, gzip", gzip.compress(FEED)),
    "gzip, none": (b"gzip, none", gzip.compress(FEED)),
    "zeros after it": (b"gzip", gzip.compress(FEED) + bytes(512)),
    "bytes after it": (b"gzip", gzip.compress(FEED) + b"\r\n"),
    "without its trailer": (b"gzip", gzip.compress(FEED)[:-8]),
    "with half its trailer": (b"gzip", gzip.compress(FEED)[:-3]),
    "with a wrong checksum": (b"gzip", gzip.compress(FEED)[:-8] + b"\x01" * 8),
    "every field of the header": (b"gzip", framed(FEED)),
    "members": (b"gzip", gzip.compress(FEED[:9]) + gzip.compress(FEED[9:])),
    "twice": (b"gzip, gzip", gzip.compress(gzip.compress(FEED))),
    "twice, told once": (b"gzip", gzip.compress(gzip.compress(FEED))),
    "told twice, done once": (b"gzip, gzip", gzip.compress(FEED)),
    "not told": (b"UTF-8", gzip.compress(FEED)),
    "zlib": (b"deflate", zlib.compress(FEED)),
    "zlib without checksum": (b"deflate", zlib.compress(FEED)[:-4]),
    "raw deflate": (b"deflate", raw_deflate(FEED)),
    "gzip called deflate": (b"deflate", gzip.compress(FEED)),
    "brotli": (b"br", brotli.compress(FEED)),
    "zstd": (b"zstd", zstd.compress(FEED)),
    "zstd frames": (b"zstd", zstd.compress(FEED[:9]) + zstd.compress(FEED[9:]) + b"\0\0"),
}


@pytest.mark.parametrize(("coding", "body"), PACKED.values(), ids=PACKED)
async def test_a_compressed_body_is_read(raw: RawServer, coding: bytes, body: bytes) -> None:
    """gzip, deflate, Brotli and Zstandard, with what servers add and forget."""
    head = OK + b"Content-Encoding: " + coding + b"\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert (await fetched(raw.put("/", head + body))).body == FEED


async def test_a_compressed_file_is_read(raw: RawServer) -> None:
    """A feed that is stored as feed.xml.gz, and served as such a file."""
    head = OK + b"Content-Type: application/gzip\r\n\r\n"
    assert (await fetched(raw.put("/feed.xml.gz", head + gzip.compress(FEED)))).body == FEED


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "undeclared"])
async def test_a_bomb_of_any_coding_stops_at_the_limit(raw: RawServer, coding: str) -> None:
    """A small body that would become a large one is refused."""
    bomb = bytes(20_000_000)
    packed = {
        "gzip": gzip.compress(gzip.compress(bomb)),
        "undeclared": gzip.compress(bomb),
        "deflate": zlib.compress(bomb),
        "br": brotli.compress(bomb, quality=1),
        "zstd": zstd.compress(bomb),
    }[coding]
    head = OK + b"Content-Encoding: " + coding.encode() + b"\r\n\r\n"
    with pytest.raises(SourceError, match=r"larger than 0\.1 MB"):
        await fetched(raw.put("/", head + packed))


@pytest.mark.parametrize("body", [FEED, FEED.decode().encode("utf-16"), b'{"version": "1"}'])
async def test_a_document_shorter_than_announced_is_read(raw: RawServer, body: bytes) -> None:
    """Also when the server keeps the connection open; half a document is not read."""
    head = OK + b"Content-Length: 5000\r\n\r\n"
    url = raw.put("/whole", head + body)
    assert (await fetched(url)).body == body
    with pytest.raises(SourceError, match="connection broke"):
        await fetched(raw.put("/half", head + body[:-9]))
    raw.held = {"/whole", "/half"}
    assert (await fetched(url, seconds=1)).body == body
    with pytest.raises(SourceError, match="did not answer in full"):
        await fetched(raw.put("/half", head + body[:-9]), seconds=1)


async def test_chunks_without_their_end_are_read_if_the_document_is_complete(
    raw: RawServer,
) -> None:
    """The last chunk, of length zero, is missing."""
    answer = OK + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(FEED)[:-5]
    assert (await fetched(raw.put("/", answer))).body == FEED


@pytest.mark.parametrize(
    "location", ["/größe/feed?q=ä", "/gr%C3%B6%C3%9Fe/feed?q=%C3%A4", "größe/feed?q=ä"]
)
async def test_an_address_in_utf8_is_followed(raw: RawServer, location: str) -> None:
    """Location in raw UTF-8 is what browsers make of it."""
    raw.put("/gr%C3%B6%C3%9Fe/feed?q=%C3%A4", OK + b"\r\n" + FEED)
    head = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n".encode()
    assert (await fetched(raw.put("/", head))).body == FEED


async def test_scheme_and_host_in_capitals_are_an_address(raw: RawServer) -> None:
    """In the configuration, and in a redirect."""
    url = raw.put("/feed", OK + b"\r\n" + FEED).replace("http", "HTTP")
    assert (await fetched(url)).body == FEED
    redirect = raw.put("/", b"HTTP/1.1 301 Moved\r\nLOCATION: " + url.encode() + b"\r\n\r\n")
    assert (await fetched(redirect)).body == FEED


async def test_a_head_without_end_is_refused(raw: RawServer) -> None:
    """A server that sends fields for ever is stopped."""
    with pytest.raises(SourceError):
        await fetched(raw.put("/", OK + b"X-A: b\r\n" * 20_000))


@given(st.binary(max_size=300))
def test_any_head_is_repaired_or_left(head: bytes) -> None:
    """No bytes raise, and a repaired head stays the same when it is repaired again."""
    once = repaired_head(b"HTTP/1.1 200 OK\r\n" + head)
    assert repaired_head(once) == once
    assert once.startswith(b"HTTP/1.1 200 OK")
    repaired_head(head)
