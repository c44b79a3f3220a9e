"""A worker process: reads one document after another, as the process that started it asks."""

from __future__ import annotations

import logging
import signal
import socket
import traceback
import warnings
from contextlib import suppress
from inspect import isgeneratorfunction

from newsletter.sandbox.frames import Kind, receive_frame, send_frame
from newsletter.sandbox.limits import limit_document, limit_process, memory_held
from newsletter.sandbox.values import decode_request, encode_result

RETIRES_AT = 250_000_000
"""Octets of memory after which a worker ends and leaves the next document to a new one."""

MAX_REQUEST = 1 << 40
MAX_TRACEBACK = 20_000


def main(descriptor: int) -> None:
    """Serve requests until the other end of the socket is closed, which ends with its process."""
    # The parent decides when a worker ends: a signal to the whole group must not spoil a document.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    logging.disable()  # what is worth saying goes back with the result
    warnings.simplefilter("ignore")
    with socket.socket(fileno=descriptor) as end:
        end.settimeout(None)
        send_frame(end, Kind.READY, ", ".join(limit_process()).encode())
        with suppress(EOFError, OSError):
            goes_on = True
            while goes_on:
                _, request = receive_frame(end, MAX_REQUEST)
                kind, answer = _read(end, request)
                send_frame(end, kind, answer)
                goes_on = kind is Kind.RESULT


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
    return Kind.RESULT if memory_held() < RETIRES_AT else Kind.LAST_RESULT, result
