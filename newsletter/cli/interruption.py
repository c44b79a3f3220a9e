"""How a long command learns that it is to end."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set: messages in flight are finished, the rest is kept."""
    event = threading.Event()

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        event.set()

    before = {
        number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave_at_once(code: int) -> NoReturn:
    """End the process with `code` although a thread of it is still at work.

    That is as safe as `kill -9`; Python itself would wait for the thread's helpers.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
