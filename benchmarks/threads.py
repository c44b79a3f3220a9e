"""Which of a process's threads used the processors, and how much of it in the kernel (Linux)."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LOOK_EACH = 0.02
"""Seconds between two looks: a thread that has ended cannot be asked any more."""

_TICK = 1 / os.sysconf("SC_CLK_TCK")


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
    """What each thread used within the block, by the thread's name; whole at its end."""
    before, used, over = _times(), dict[str, Used](), threading.Event()

    def look() -> None:
        for name, time in _times().items():
            used[name] = time - before.get(name, Used())

    def watch() -> None:
        while not over.wait(LOOK_EACH):
            look()

    watcher = threading.Thread(target=watch, name="watcher")
    watcher.start()
    try:
        yield used
    finally:
        over.set()
        watcher.join()
        look()


def _times() -> Mapping[str, Used]:
    times = {}
    for thread in threading.enumerate():
        try:
            told = Path(f"/proc/self/task/{thread.native_id}/stat").read_text(encoding="ascii")
        except OSError:  # it has just ended
            continue
        program, kernel = told.rpartition(")")[2].split()[11:13]
        times[thread.name] = Used(program=int(program) * _TICK, kernel=int(kernel) * _TICK)
    return times
