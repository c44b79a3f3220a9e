"""Runs senders as separate processes, which begin together once all are ready."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
READY = "ready"


class BenchmarkError(RuntimeError):
    """A run without a valid result: a program failed, or the received messages are wrong."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """The result of processes that ran together; `peak_bytes` is the largest one's memory."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    answers: tuple[Mapping[str, Any], ...]


def start(
    command: Sequence[str | Path], environment: Mapping[str, str] | None = None, **how: Any
) -> subprocess.Popen[str]:
    """Start a process in the checkout's folder; `environment` overrides this process's own."""
    return subprocess.Popen(  # noqa: S603 - commands are written in this package
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        text=True,
        **how,
    )


def run_together(
    commands: Sequence[Sequence[str | Path]],
    environment: Mapping[str, str] | None = None,
    *,
    waits: bool = True,
    limit: float = 900,
) -> Ended:
    """Run the commands in parallel and wait for all of them; raises BenchmarkError.

    Programs that `waits` applies to report that they are ready, and begin at a line on stdin;
    their last line is JSON with `cpu_seconds`. Time is measured from the common beginning.
    """
    processes = [
        start(command, environment, stdin=subprocess.PIPE if waits else subprocess.DEVNULL)
        for command in commands
    ]
    timers = [threading.Timer(limit, process.kill) for process in processes]
    for timer in timers:
        timer.start()
    try:
        if waits:
            _await_ready(processes)
        started = time.perf_counter()
        if waits:
            _let_begin(processes)
        outputs = [process.stdout.read() if process.stdout else "" for process in processes]
        usages = [_reap(process) for process in processes]
        seconds = time.perf_counter() - started
    finally:
        for timer in timers:
            timer.cancel()
        for process in processes:
            if process.returncode is None:
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()
    for process in processes:
        if process.returncode:
            raise BenchmarkError(f"{process.args!r} ended with {process.returncode}")
    answers = tuple(json.loads(text.splitlines()[-1]) if waits else {} for text in outputs)
    cpu = (
        [answer["cpu_seconds"] for answer in answers]
        if waits
        else [usage.ru_utime + usage.ru_stime for usage in usages]
    )
    return Ended(
        seconds=seconds,
        cpu_seconds=sum(cpu),
        peak_bytes=max(usage.ru_maxrss for usage in usages) * 1024,
        answers=answers,
    )


def begin_together() -> float:
    """In such a program: report ready and wait for the others; returns the CPU seconds so far."""
    print(READY, flush=True)
    sys.stdin.readline()
    return cpu_seconds()


def cpu_seconds() -> float:
    """The CPU seconds that this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_bytes() -> int:
    """The peak memory of this process, without what the process had that started it."""
    status = Path("/proc/self/status")
    if not status.exists():  # not Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) * 1024


def answer(**values: Any) -> None:
    """In such a program: print its last line."""
    print(json.dumps(values), flush=True)


def _await_ready(processes: Sequence[subprocess.Popen[str]]) -> None:
    for process in processes:
        line = process.stdout.readline().strip() if process.stdout else ""
        if line != READY:
            raise BenchmarkError(f"{process.args!r} printed {line!r} instead of {READY!r}")


def _let_begin(processes: Sequence[subprocess.Popen[str]]) -> None:
    for process in processes:
        if process.stdin:
            process.stdin.write("go\n")
            process.stdin.close()


def _reap(process: subprocess.Popen[str]) -> resource.struct_rusage:
    """Wait for the process and return its resource usage, which Popen.wait does not return."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage
