"""What a worker may use, and how its process holds itself to that (setrlimit)."""

from __future__ import annotations

import math
import resource
from dataclasses import dataclass
from pathlib import Path

MAX_FILES = 64
"""Open files of a worker: its libraries read tables of their own."""

WALL_FACTOR = 5
"""How many times its limit of CPU time a parser may take by the clock, on a busy machine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What the reading of one document may take: seconds of CPU time, and octets of its result."""

    seconds: float
    output: int = 64_000_000

    @property
    def wall_seconds(self) -> float:
        """Seconds by the clock after which a worker is killed."""
        return WALL_FACTOR * self.seconds


def limit_process(memory: int) -> list[str]:
    """Limit this process for as long as it lives; returns what could not be limited, in words.

    `memory` is in octets of address space, beyond what the process has already. macOS does not limit
    address space, and a container may refuse any limit.
    """
    refused = []
    for name, kind, most in (
        ("memory", resource.RLIMIT_AS, _address_space() + memory),
        ("open files", resource.RLIMIT_NOFILE, MAX_FILES),
        ("sizes of files", resource.RLIMIT_FSIZE, 0),
        ("core dumps", resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(kind, (most, most))
        except (OSError, ValueError):
            refused.append(name)
    return refused


def limit_cpu_time(seconds: float) -> None:
    """Have the system end this process after so many further seconds of CPU time (SIGXCPU)."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = math.ceil(used.ru_utime + used.ru_stime + seconds)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (most, hard))
    except (OSError, ValueError):
        return  # the parent's clock ends it


def _address_space() -> int:
    """Octets that this process occupies, 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()
