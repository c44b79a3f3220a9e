"""Reads the message after DATA in bounded memory, whatever its lines are.

aiosmtpd keeps an object for each line, which takes a gigabyte for ten megabytes of empty lines. It is
given large blocks of lines instead, of the message's beginning only.
"""

from __future__ import annotations

from asyncio import IncompleteReadError, StreamReader

_ALL = 1 << 30
_END = b"\r\n.\r\n"


class MessageTooLargeError(Exception):
    """The message is larger than may be sent; it has been read to its end."""


class MessageStream:
    """Stands for the stream that aiosmtpd reads lines from, from DATA to the final dot.

    Of a message of at most `most` octets the first `kept` are handed on, up to the end of a line.
    Each block ends with a line's end; `block` is its greatest length, unless a line is longer.
    """

    def __init__(self, stream: StreamReader, *, kept: int, most: int, block: int) -> None:
        self._stream = stream
        self._kept = kept
        self._most = most
        self._block = block
        self._content: bytes | None = None

    async def readuntil(self, _separator: bytes) -> bytes:
        """The next block, at last the final dot. Raises MessageTooLargeError at the message's end."""
        if self._content is None:
            self._content = await self._message()
        if not self._content:
            return b".\r\n"
        end = len(self._content)
        if end > self._block:
            within = self._content.rfind(b"\r\n", 0, self._block)
            end = (within if within >= 0 else self._content.find(b"\r\n")) + 2
        block, self._content = self._content[:end], self._content[end:]
        # aiosmtpd removes a dot at the start of each block itself.
        return b"." + block if block.startswith(b".") else block

    async def _message(self) -> bytes:
        """The message's beginning, in whole lines, without the dots that RFC 5321 4.5.2 adds."""
        content = bytearray(b"\r\n")  # the end of the line with DATA: a dot may follow at once
        size, tail = 0, b"\r\n"
        while True:
            chunk = await self._stream.read(_ALL)
            if not chunk:
                raise IncompleteReadError(b"", None)
            searched = tail + chunk
            end = searched.find(_END)
            if end >= 0:
                rest = searched[end + len(_END) :]
                chunk = chunk[: len(chunk) - len(rest)]
            size += len(chunk)
            content += chunk[: self._kept + len(_END) + 2 - len(content)]
            if end >= 0:
                # A client that pipelines has sent its next command. All that had come was read, so
                # this goes before what is still to come.
                if not self._stream.at_eof():
                    self._stream.feed_data(rest)
                break
            tail = searched[-(len(_END) - 1) :]
        if size > self._most:
            raise MessageTooLargeError
        is_whole = content.endswith(_END) and size + 2 == len(content)
        lines = content[: -len(_END) + 2] if is_whole else content[: content.rfind(b"\r\n") + 2]
        return bytes(lines.replace(b"\r\n.", b"\r\n"))[2:]
