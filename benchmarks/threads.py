"""The CPU time of each thread of a process, and how much of it was in the kernel (Linux)."""

from __future__ import annotations

import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch


@dataclass(frozen=True, kw_only=True, slots=True)
class CpuTime:
    """Seconds of CPU time."""

    program: float = 0.0
    kernel: float = 0.0

    def __add__(self, other: CpuTime) -> CpuTime:
        return CpuTime(program=self.program + other.program, kernel=self.kernel + other.kernel)

    def __sub__(self, other: CpuTime) -> CpuTime:
        return CpuTime(program=self.program - other.program, kernel=self.kernel - other.kernel)


@contextmanager
def watched_threads() -> Iterator[dict[str, CpuTime]]:
    """The CPU time, by thread name, of this thread and of each that ends within the block.

    Complete when the block is left. Each thread records its time at its end, because measuring
    in between would distort the result.
    """
    used: dict[str, CpuTime] = {}
    run = threading.Thread.run

    def run_and_record(thread: threading.Thread) -> None:
        try:
            run(thread)
        finally:
            used[thread.name] = _used_so_far()

    before = _used_so_far()
    with patch.object(threading.Thread, "run", run_and_record):
        yield used
    used[threading.current_thread().name] = _used_so_far() - before


def _used_so_far() -> CpuTime:
    """The CPU time of this thread."""
    usage = resource.getrusage(resource.RUSAGE_THREAD)
    return CpuTime(program=usage.ru_utime, kernel=usage.ru_stime)
