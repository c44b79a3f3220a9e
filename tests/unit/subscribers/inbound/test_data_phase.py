"""A message is read from its stream as SMTP means it, in few pieces."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subscribers.inbound.data_phase import MessageStream, MessageTooLargeError
from tests.sampling import sampled

LINES = st.lists(st.text(".ab\n\r", max_size=6).map(lambda text: text.replace("\r\n", "")))


async def read(sent: list[bytes], *, kept: int = 10_000, most: int = 10_000) -> tuple[bytes, bytes]:
    """The content that aiosmtpd makes of the blocks, and what is left in the stream."""
    stream = asyncio.StreamReader()
    reader = MessageStream(stream, kept=kept, most=most, block=64)

    async def send() -> None:
        for piece in sent:
            stream.feed_data(piece)
            await asyncio.sleep(0)

    sending = asyncio.create_task(send())
    blocks = []
    while (block := await reader.readuntil(b"\r\n")) != b".\r\n":
        assert block.endswith(b"\r\n")
        blocks.append(block[1:] if block.startswith(b".") else block)
    await sending
    stream.feed_eof()
    return b"".join(blocks), await stream.read()


def on_the_wire(content: bytes) -> bytes:
    """The content with the dots that RFC 5321 section 4.5.2 adds, and its end."""
    lines = content.split(b"\r\n")
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines) + b".\r\n"


@settings(max_examples=sampled(whole=150, sample=50))
@given(
    lines=LINES,
    cuts=st.lists(st.integers(1, 9), max_size=40),
    rest=st.sampled_from([b"", b"QUIT\r\n"]),
)
def test_every_message_comes_through_however_it_is_cut(
    lines: list[str], cuts: list[int], rest: bytes
) -> None:
    """Dots, bare line ends and the next command, in pieces of any size."""
    content = b"".join(line.encode() + b"\r\n" for line in lines)
    wire, pieces = on_the_wire(content) + rest, []
    for cut in cuts:
        pieces.append(wire[:cut])
        wire = wire[cut:]
    found = asyncio.run(read([*filter(None, pieces), *filter(None, [wire])]))
    assert found == (content, rest)


async def test_only_the_beginning_of_a_long_message_is_kept() -> None:
    """Up to the end of a line; what follows the message is not lost."""
    wire = b"".join(b"line %d\r\n" % number for number in range(1000)) + b".\r\nNOOP\r\n"
    content, rest = await read([wire], kept=100, most=100_000)
    assert content == b"".join(b"line %d\r\n" % number for number in range(12))
    assert rest == b"NOOP\r\n"


async def test_a_message_that_is_too_large_is_read_to_its_end() -> None:
    """The client learns it after the final dot."""
    with pytest.raises(MessageTooLargeError):
        await read([b"x" * 50 + b"\r\n"] * 10 + [b".\r\n"], most=100)


async def test_empty_lines_come_in_few_blocks() -> None:
    """The number of objects does not grow with the number of lines."""
    stream = asyncio.StreamReader()
    stream.feed_data(b"\r\n" * 1_000_000 + b".\r\n")
    reader = MessageStream(stream, kept=2_000_000, most=30_000_000, block=500_000)
    blocks = 0
    while await reader.readuntil(b"\r\n") != b".\r\n":
        blocks += 1
    assert blocks <= 5
