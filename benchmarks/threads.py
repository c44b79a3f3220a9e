"""Which of a process's threads used the processors, and how much of it in the kernel (Linux)."""

from __future__ import annotations

import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch


@dataclass(frozen=True, kw_only=True, slots=True)
class Used:
    """Seconds of processor time."""

    program: float = 0.0
    kernel: float = 0.0

    def __add__(self, other: Used) -> Used:
        return Used(program=self.program + other.program, kernel=self.kernel + other.kernel)

    def __sub__(self, other: Used) -> Used:
        return Used(program=self.program - other.program, kernel=self.kernel - other.kernel)


@contextmanager
def watched_threads() -> Iterator[dict[str, Used]]:
    """What each thread used that ended within the block, and this one, by the thread's name.

    Whole when the block is left. Each thread tells it at its end: to look in between would cost
    what is measured.
    """
    used: dict[str, Used] = {}
    run = threading.Thread.run

    def run_and_tell(thread: threading.Thread) -> None:
        try:
            run(thread)
        finally:
            used[thread.name] = _used_so_far()

    before = _used_so_far()
    with patch.object(threading.Thread, "run", run_and_tell):
        yield used
    used[threading.current_thread().name] = _used_so_far() - before


def _used_so_far() -> Used:
    """Of this thread."""
    told = resource.getrusage(resource.RUSAGE_THREAD)
    return Used(program=told.ru_utime, kernel=told.ru_stime)
