"""A body is unpacked within its limit."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from newsletter.articles.bounded_body import BoundedBody
from newsletter.errors import SourceError


def collected(wire: bytes, encoding: str, *, step: int = 7, limit: int = 10_000) -> bytes:
    """What comes out when `wire` arrives in pieces of `step` bytes."""
    body = BoundedBody(encoding=encoding, limit=limit)
    for start in range(0, len(wire), step):
        body.add(wire[start : start + step])
    return body.finish()


@given(st.binary(max_size=500), st.integers(1, 50))
def test_what_was_packed_comes_out(content: bytes, step: int) -> None:
    """Plain, gzip, many-membered gzip and zlib bodies come out whole, however they are cut."""
    assume(not content.startswith(b"\x1f\x8b\x08"))  # gzip is unpacked though nothing names it
    members = gzip.compress(content[:100]) + gzip.compress(content[100:])
    assert collected(content, "", step=step) == content
    assert collected(gzip.compress(content), "gzip", step=step) == content
    assert collected(members, "x-gzip", step=step) == content
    assert collected(zlib.compress(content), "deflate", step=step) == content


def test_a_bomb_stops_at_the_limit() -> None:
    """50 MB packed into 50 kB is refused after `limit` bytes."""
    with pytest.raises(SourceError, match=r"larger than 0\.01 MB"):
        collected(gzip.compress(bytes(50_000_000)), "gzip", step=65_536)


def test_the_limit_itself_is_allowed() -> None:
    """A body of exactly the limit passes, one byte more does not."""
    assert len(collected(bytes(10_000), "", step=3_000)) == 10_000
    with pytest.raises(SourceError, match="larger"):
        collected(bytes(10_001), "", step=3_000)


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "br", "zstd", "", "gzip, br"]))
def test_any_bytes_are_decoded_or_refused(wire: bytes, encoding: str) -> None:
    """No bytes raise anything else, and none make more than the limit."""
    for start in (b"", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"<"):
        try:
            assert len(collected(start + wire, encoding)) <= 10_000
        except SourceError:
            continue


def test_text_that_begins_like_another_coding_is_decoded() -> None:
    """Raw deflate may begin with the byte of a brace; text is recognised by its failure."""
    packed = raw_deflate("新闻".encode())
    assert packed.startswith(b"{")
    assert collected(packed, "deflate") == "新闻".encode()
    assert collected(b"<rss></rss>", "deflate") == b"<rss></rss>"


def raw_deflate(content: bytes) -> bytes:
    """Deflate without the frame of zlib."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


@pytest.mark.parametrize(
    ("wire", "encoding", "message"),
    [
        (gzip.compress(bytes(range(200)))[:-9], "gzip", "is incomplete"),
        (b"not gzip at all", "gzip", "damaged"),
        (b"xxxxxxxxx", "br", "damaged"),
        (gzip.compress(b"") * 101, "gzip", "more than 100 parts"),
        (b"x", "zstd", "damaged"),
        (b"\x07x", "deflate", "damaged"),
    ],
)
def test_a_damaged_body_is_refused(wire: bytes, encoding: str, message: str) -> None:
    """Truncated, corrupt and unknown packings are errors that say which."""
    with pytest.raises(SourceError, match=message):
        collected(wire, encoding)
