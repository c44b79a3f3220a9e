"""An SMTP server on loopback, in its own process, that accepts and discards every message."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

END_OF_DATA = b"\r\n.\r\n"
GREETING = b"220 sink ESMTP\r\n"
EXTENSIONS = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE\r\n"

_context = multiprocessing.get_context("spawn")


@contextmanager
def sink() -> Iterator[int]:
    """A running sink; yields the port it listens on."""
    ours, theirs = _context.Pipe(duplex=False)
    process = _context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()
        ours.close()


def _serve(pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent process ends this one
    asyncio.run(_listen(pipe))


async def _listen(pipe: Connection) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(SinkSession, "127.0.0.1", 0)
    pipe.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


class SinkSession(asyncio.Protocol):
    """One connection, on which everything is accepted."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._text = bytearray()
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio for a new connection."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what a TCP server gives
        self._transport = transport
        transport.write(GREETING)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio with commands or content."""
        self._text += data
        replies = []
        while reply := self._next_reply():
            replies.append(reply)
        if replies and self._transport is not None:
            self._transport.write(b"".join(replies))

    def _next_reply(self) -> bytes:
        """The reply to the next complete command or content; b"" when there is none."""
        if self._in_data:
            end = self._text.find(END_OF_DATA)
            if end < 0:
                del self._text[: -len(END_OF_DATA)]  # content is not kept
                return b""
            del self._text[: end + len(END_OF_DATA)]
            self._in_data = False
            return b"250 2.0.0 Ok\r\n"
        end = self._text.find(b"\r\n")
        if end < 0:
            return b""
        command = bytes(self._text[:4]).upper()
        del self._text[: end + 2]
        self._in_data = command == b"DATA"
        return {
            b"EHLO": EXTENSIONS,
            b"DATA": b"354 Go on\r\n",
            b"QUIT": b"221 2.0.0 Bye\r\n",
        }.get(command, b"250 2.0.0 Ok\r\n")
