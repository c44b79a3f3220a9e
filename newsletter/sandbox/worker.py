"""A worker process: reads one document after another, as the process that started it asks."""

from __future__ import annotations

import logging
import os
import signal
import socket
import traceback
import warnings
from contextlib import suppress
from inspect import isgeneratorfunction

from newsletter.sandbox.frames import MAX_TRACEBACK, Kind, receive_frame, send_frame
from newsletter.sandbox.limits import (
    lift_document,
    limit_document,
    limit_process,
    memory_held,
)
from newsletter.sandbox.values import decode_request, encode_result

RETIRES_AT = 250_000_000
"""Octets that a worker has taken since its start after which it leaves the next document to a new
one. A copy of a large process starts with much more."""

IDLE_SECONDS = 300
"""Seconds without a request after which a worker ends, so that a site at rest keeps its memory."""

PARENT_CHECKED_EVERY = 2
"""Seconds between two looks whether the parent lives, also while a document is read."""

MAX_REQUEST = 1 << 40


def main(descriptor: int) -> None:
    """Serve requests until the other end of the socket is closed, which ends with its process."""
    _end_with(os.getppid())
    logging.disable()  # what is worth saying goes back with the result
    warnings.simplefilter("ignore")
    at_start = memory_held()
    with socket.socket(fileno=descriptor) as end:
        send_frame(end, Kind.READY, ", ".join(limit_process()).encode())
        with suppress(EOFError, OSError):
            goes_on = True
            while goes_on:
                end.settimeout(IDLE_SECONDS)
                _, request = receive_frame(end, MAX_REQUEST)
                end.settimeout(None)
                kind, answer = _read(end, request)
                if kind is Kind.RESULT and memory_held() - at_start > RETIRES_AT:
                    kind = Kind.LAST_RESULT
                lift_document()
                send_frame(end, kind, answer)
                goes_on = kind is Kind.RESULT


def _end_with(parent: int) -> None:
    """End this process soon after its parent, whatever it is doing."""

    def look(*_: object) -> None:
        if os.getppid() != parent:
            os._exit(1)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, PARENT_CHECKED_EVERY, PARENT_CHECKED_EVERY)


def _read(end: socket.socket, request: bytes) -> tuple[Kind, bytes]:
    """The last frame of the answer; what a generator yields is sent as it comes."""
    try:
        work, arguments, limits = decode_request(request)
        limit_document(limits)
        if isgeneratorfunction(work):
            for item in work(*arguments):
                send_frame(end, Kind.ITEM, encode_result(work, item))
            result = b""
        else:
            result = encode_result(work, work(*arguments))
    except MemoryError:
        return Kind.NO_MEMORY, b""
    except Exception:  # a bug of a parser, which the parent reports
        failure = traceback.format_exc()[-MAX_TRACEBACK:]
        return Kind.FAILURE, failure.encode("utf-8", "replace")
    return Kind.RESULT, result
