"""How a long command learns that it is to end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


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
