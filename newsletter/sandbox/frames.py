"""Frames on the socket between this process and a worker: a kind, a length, and as many octets."""

from __future__ import annotations

import socket
import struct
import time
from enum import IntEnum

_HEAD = struct.Struct("!BQ")
_CHUNK = 1 << 20

MAX_TRACEBACK = 20_000
"""Octets of the traceback of a parser that failed."""


class Kind(IntEnum):
    """What a frame holds."""

    REQUEST = 1
    RESULT = 2
    LAST_RESULT = 3
    """A result, after which the worker ends."""
    NO_MEMORY = 4
    FAILURE = 5
    """The traceback of what the parser raised."""
    ITEM = 6
    """One of several values, before the result."""
    READY = 7
    """What of the worker could not be limited."""


class FrameTooLongError(Exception):
    """The other side announces more octets than may come."""


def send_frame(end: socket.socket, kind: Kind, content: bytes) -> None:
    """Send one frame; raises OSError if the other side is gone, TimeoutError by the socket's timeout."""
    end.sendall(_HEAD.pack(kind, len(content)))
    end.sendall(content)


def receive_frame(
    end: socket.socket, most: int, deadline: float | None = None
) -> tuple[Kind, bytes]:
    """Receive one frame of at most `most` octets, until a `deadline` by the monotonic clock.

    Raises EOFError if the other side is gone, TimeoutError, FrameTooLongError, and ValueError for a
    kind that does not exist.
    """
    kind, length = _HEAD.unpack(_receive(end, _HEAD.size, deadline))
    if length > most:
        raise FrameTooLongError
    return Kind(kind), _receive(end, length, deadline)


def _receive(end: socket.socket, length: int, deadline: float | None) -> bytes:
    content = bytearray()
    while len(content) < length:
        if deadline is not None:
            end.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            chunk = end.recv(min(length - len(content), _CHUNK))
        except ConnectionError as error:
            raise EOFError from error
        if not chunk:
            raise EOFError
        content += chunk
    return bytes(content)
