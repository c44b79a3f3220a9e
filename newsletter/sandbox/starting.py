"""Starts worker processes: a copy of this process where that is safe, else a new interpreter.

A fork takes two milliseconds, but copies the locks that other threads hold; so only a process with
a single thread forks, such as `newsletter receive`. A new interpreter takes some tenths of a second.
"""

from __future__ import annotations

import fcntl
import gc
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_BEGIN = (
    "import sys; sys.path[:] = sys.argv[2:];"
    " from newsletter.sandbox.worker import main; main(int(sys.argv[1]))"
)


class Process(Protocol):
    """A process that was started, in the words of subprocess.Popen."""

    def wait(self) -> int:
        """Wait for its end; its exit code, or the signal that ended it as a negative number."""

    def kill(self) -> None:
        """End it at once; does nothing if it has ended."""


def start_worker() -> tuple[socket.socket, Process]:
    """Start a worker, and return the socket to it. Raises OSError if it cannot be started."""
    ours, theirs = map(_not_standard, socket.socketpair())
    try:
        with theirs, _signals_held():
            process = _fork(theirs.fileno()) if has_one_thread() else _spawn(theirs.fileno())
    except BaseException:
        ours.close()
        raise
    return ours, process


def _not_standard(end: socket.socket) -> socket.socket:
    """The socket with another number, if it has that of a standard stream which was closed."""
    if end.fileno() > 2:
        return end
    with end:
        return socket.socket(fileno=fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 3))


@contextmanager
def _signals_held() -> Iterator[None]:
    """Start a process that never gets the signals by which a terminal or a service ends a group.

    Its parent decides when it ends. It inherits the mask of this thread from its first moment.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGHUP, signal.SIGINT, signal.SIGTERM))
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def has_one_thread() -> bool:
    """Whether this process certainly has no thread beside this one; only Linux says so."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir()) == 1
    except OSError:
        return False


def _spawn(descriptor: int) -> Process:
    if not sys.executable:  # as in a program that embeds Python
        raise OSError("Python does not know its own program")
    return subprocess.Popen(  # noqa: S603 - our own code, in our own interpreter
        # -P keeps the site's folder, in which strangers' files may lie, from being imported from.
        [sys.executable, "-P", "-c", _BEGIN, str(descriptor), *sys.path],
        pass_fds=[descriptor],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _fork(descriptor: int) -> Process:
    from newsletter.sandbox.worker import main  # loaded before, so that copies share it

    pid = os.fork()
    if pid == 0:
        _serve_in_child(descriptor, main)
    return _Forked(pid)


def _serve_in_child(descriptor: int, main: Callable[[int], None]) -> None:
    """Serve requests in a fresh copy of this process, which never returns to its code."""
    code = 1
    try:
        gc.freeze()  # the collector would copy the memory that both share
        signal.set_wakeup_fd(-1)
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        _close_all_but(descriptor)
        main(descriptor)
        code = 0
    finally:
        os._exit(code)


def _close_all_but(descriptor: int) -> None:
    # Not os.closerange: where the C library has no close_range it tries each number that there may
    # be, and containers allow a thousand million.
    for number in map(int, os.listdir("/proc/self/fd")):  # noqa: PTH208 - names alone
        if number > 2 and number != descriptor:
            with suppress(OSError):  # that of the listing is closed
                os.close(number)


@dataclass(slots=True)
class _Forked:
    """A copy of this process."""

    pid: int
    code: int | None = None

    def wait(self) -> int:
        """Wait for its end; its exit code, or the signal that ended it as a negative number."""
        if self.code is None:
            try:
                self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            except ChildProcessError:  # somebody else has waited for it
                self.code = 0
        return self.code

    def kill(self) -> None:
        """End it at once; does nothing if it has ended."""
        if self.code is None:
            # The system has waited for it already where SIGCHLD is ignored.
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
