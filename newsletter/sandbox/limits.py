"""What a worker may use, and how its process holds itself to that (setrlimit)."""

from __future__ import annotations

import math
import os
import resource
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

MAX_FILES = 64
"""Open files of a worker: its libraries read tables of their own."""

NICENESS = 5
"""What strangers wrote gives way to readers and to the send: a third of their share of a processor."""

WALL_FACTOR = 15
"""How many times its limit of CPU time a parser may take by the clock, on a busy machine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What the reading of one document may take.

    `seconds` are those of CPU time. `memory` is in octets of address space beyond what the worker
    has, `output` in octets of the result.
    """

    seconds: float
    memory: int = 1_000_000_000
    output: int = 64_000_000

    @property
    def wall_seconds(self) -> float:
        """Seconds by the clock after which a worker is killed."""
        return WALL_FACTOR * self.seconds


def limit_process() -> list[str]:
    """Limit this process for as long as it lives; returns what could not be limited, in words."""
    with suppress(OSError):  # when memory is short, the system ends workers first
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    with suppress(OSError):
        os.nice(NICENESS)
    refused = []
    for name, kind, most in (
        ("open files", resource.RLIMIT_NOFILE, MAX_FILES),
        ("sizes of files", resource.RLIMIT_FSIZE, 0),
        ("core dumps", resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        try:
            resource.setrlimit(kind, (most, most))
        except (OSError, ValueError):
            refused.append(name)
    return refused


def limit_document(limits: Limits) -> None:
    """Limit what this process may take beyond what it has taken.

    The system ends it (SIGXCPU) for its CPU time, and gives it no more memory. Where a limit is
    refused, as that of memory is on macOS, the parent's clock ends what takes too long.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = used.ru_utime + used.ru_stime + limits.seconds
    _lower(resource.RLIMIT_CPU, math.ceil(seconds))
    _lower(resource.RLIMIT_AS, _memory().address_space + limits.memory)


def lift_document() -> None:
    """Lift what `limit_document` set, so that the next request is not read by what is left."""
    for kind in (resource.RLIMIT_CPU, resource.RLIMIT_AS):
        _, hard = resource.getrlimit(kind)
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (hard, hard))


def memory_held() -> int:
    """Octets of memory that this process holds, 0 where the system does not say."""
    return _memory().held


def _lower(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    with suppress(OSError, ValueError):
        resource.setrlimit(kind, (most, hard))


class _Memory(NamedTuple):
    address_space: int
    held: int


def _memory() -> _Memory:
    # Not ru_maxrss, in which a new process inherits the size of the one that started it.
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()
    except OSError:
        return _Memory(0, 0)
    size = resource.getpagesize()
    return _Memory(int(pages[0]) * size, int(pages[1]) * size)
