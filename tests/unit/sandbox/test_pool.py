"""A document that exceeds its limits is given up; its worker is replaced, and nothing else suffers."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import pytest

from newsletter.errors import ParserCrashedError, TooLargeError, TooSlowError
from newsletter.sandbox import Limits, Pool, starting
from newsletter.sandbox import pool as pool_module
from newsletter.sandbox.limits import MAX_FILES

ENOUGH = Limits(seconds=60)


class Colour(StrEnum):
    """A value of its own type."""

    RED = "red"


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """What a parser makes of a document."""

    words: tuple[str, ...]
    process: int
    at: datetime
    colour: Colour | None = None


def read(document: str, at: datetime) -> Read:
    """The words of a document and the process that read it."""
    return Read(words=tuple(document.split()), process=os.getpid(), at=at, colour=Colour.RED)


def endless() -> None:
    """Never comes to an end, and holds the interpreter's lock."""
    while True:
        sum(range(1_000_000))


def asleep() -> None:
    """Takes no time of the processor."""
    time.sleep(3600)


def greedy() -> int:
    """Takes more memory than there may be."""
    return len(bytes(2 * ENOUGH.memory))


def talkative() -> str:
    """Makes more of a document than may come back."""
    return "x" * 5_000


def faulty() -> None:
    """A parser with a bug."""
    raise KeyError("no such field")


def killed() -> None:
    """A parser whose library crashes."""
    os.kill(os.getpid(), signal.SIGSEGV)


def killed_as(process: int) -> int:
    """Is killed by others in the worker with this number, or in any if it is 0."""
    if process in (0, os.getpid()):
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def length(document: bytes) -> int:
    """The length of a document."""
    return len(document)


def lying() -> int:
    """Does not return what it promises."""
    return "seven"  # type: ignore[return-value]


def counted(most: int) -> Iterator[tuple[int, int]]:
    """Numbers, one after another, with the process that counts."""
    for number in range(most):
        yield number, os.getpid()
    if most > 3:
        endless()


def surrogates() -> str:
    """Octets that are no text."""
    return "a\udcffb"


def written_in(file: Path) -> str:
    """What a file holds."""
    return file.read_text(encoding="utf-8")


def allowed(folder: str) -> dict[str, str]:
    """What a worker may do, by trying it."""
    may = {"cpu": str(resource.getrlimit(resource.RLIMIT_CPU)[0] < 100)}
    for name, kind in (("files", resource.RLIMIT_NOFILE), ("core", resource.RLIMIT_CORE)):
        may[name] = str(resource.getrlimit(kind)[0])
    try:
        (Path(folder) / "written").write_text("x", encoding="utf-8")
        may["writes"] = "yes"
    except OSError:
        may["writes"] = "no"
    may["descriptors"] = str(sum(1 for _ in Path("/proc/self/fd").iterdir()))
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    may["ended by its group"] = str(not {signal.SIGHUP, signal.SIGINT, signal.SIGTERM} <= blocked)
    may["ended first"] = Path("/proc/self/oom_score_adj").read_text(encoding="ascii").strip()
    return may


@pytest.fixture
def pool() -> Iterator[Pool]:
    """A pool of one worker."""
    one = Pool(most=1)
    yield one
    one.close()


def test_a_worker_is_another_process_that_stays_for_the_next_document(pool: Pool) -> None:
    """Values come back as they were made, and the second document costs no start."""
    now = datetime.now(UTC)
    first = pool.run(read, "one two", now, limits=ENOUGH)
    second = pool.run(read, "three", now, limits=ENOUGH)
    assert first == Read(words=("one", "two"), process=first.process, at=now, colour=Colour.RED)
    assert isinstance(first.colour, Colour)
    assert first.process == second.process != os.getpid()


def test_a_relative_path_is_the_callers(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker may have been started while the caller was in another folder."""
    pool.run(read, "it is started here", datetime.now(UTC), limits=ENOUGH)
    (tmp_path / "people.csv").write_text("email", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert pool.run(written_in, Path("people.csv"), limits=ENOUGH) == "email"


def test_values_come_one_after_another(pool: Pool) -> None:
    """Those before the one that takes too long have come; the worker stays if all have come."""
    found = list(pool.run_each(counted, 3, limits=ENOUGH))
    assert [number for number, _ in found] == [0, 1, 2]
    slow = pool.run_each(counted, 5, limits=Limits(seconds=0.2))
    assert [next(slow) for _ in range(5)] == [(number, found[0][1]) for number in range(5)]
    with pytest.raises(TooSlowError):
        next(slow)


def test_a_document_that_takes_too_long_ends_with_its_worker(pool: Pool) -> None:
    """The system ends it at its limit of CPU time; the next document has a worker of its own."""
    before = pool.run(read, "x", datetime.now(UTC), limits=ENOUGH).process
    with pytest.raises(TooSlowError, match=r"longer than 0\.3 seconds"):
        pool.run(endless, limits=Limits(seconds=0.3))
    after = pool.run(read, "x", datetime.now(UTC), limits=ENOUGH).process
    assert before != after
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)


def test_a_worker_that_waits_is_ended_by_the_clock(pool: Pool) -> None:
    """One that takes no CPU time does not stay for ever."""
    with pytest.raises(TooSlowError):
        pool.run(asleep, limits=Limits(seconds=0.2))


def test_a_document_that_takes_too_much_memory_is_given_up(pool: Pool) -> None:
    """The limit holds for its process alone."""
    with pytest.raises(TooLargeError, match="too much memory"):
        pool.run(greedy, limits=ENOUGH)
    assert pool.run(read, "x", datetime.now(UTC), limits=ENOUGH).words == ("x",)


def test_a_result_that_is_too_long_is_not_taken(pool: Pool) -> None:
    """The parent reads no more than the limit."""
    with pytest.raises(TooLargeError, match="too much of it"):
        pool.run(talkative, limits=Limits(seconds=60, output=1_000))


def test_a_crash_is_an_error_of_the_document(pool: Pool) -> None:
    """A signal ends the worker, and the error names it."""
    with pytest.raises(ParserCrashedError, match="SIGSEGV"):
        pool.run(killed, limits=ENOUGH)


def test_what_a_parser_raises_comes_back_as_words(
    pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has its traceback."""
    with pytest.raises(ParserCrashedError, match="KeyError: 'no such field'"):
        pool.run(faulty, limits=ENOUGH)
    assert "in faulty" in caplog.text


def test_only_values_of_the_declared_type_come_back(pool: Pool) -> None:
    """What a worker sends is not believed."""
    with pytest.raises(ParserCrashedError):
        pool.run(lying, limits=ENOUGH)
    assert pool.run(surrogates, limits=ENOUGH) == "a?b"


@pytest.mark.skipif(sys.platform != "linux", reason="/proc lists the descriptors")
def test_a_worker_may_do_little_but_compute(pool: Pool, tmp_path: Path) -> None:
    """It writes no files, and has none of this process's files or connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        os.set_inheritable(server.fileno(), True)
        may = pool.run(allowed, str(tmp_path), limits=Limits(seconds=5))
    assert may == {
        "cpu": "True",
        "files": str(MAX_FILES),
        "core": "0",
        "writes": "no",
        "descriptors": "5",  # the standard ones, the socket, and that of the listing
        "ended by its group": "False",  # Ctrl-C must not spoil what the parent finishes
        "ended first": "1000",  # when memory is short
    }


async def test_the_event_loop_goes_on_while_a_document_is_read(pool: Pool) -> None:
    """A parser that holds the interpreter's lock holds that of its own process."""
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0)
            beats += 1

    heart = asyncio.create_task(beat())
    with pytest.raises(TooSlowError):
        await pool.run_async(endless, limits=Limits(seconds=0.2))
    heart.cancel()
    assert beats > 100


async def test_documents_wait_for_a_free_worker() -> None:
    """More at a time than there are workers are read one after another, by the same few."""
    two = Pool(most=2)
    now = datetime.now(UTC)
    found = await asyncio.gather(
        *(two.run_async(read, str(n), now, limits=ENOUGH) for n in range(12))
    )
    two.close()
    assert [one.words for one in found] == [(str(n),) for n in range(12)]
    assert len({one.process for one in found}) <= 2


def test_a_worker_that_ended_while_it_was_idle_is_replaced(pool: Pool) -> None:
    """The system may end any process that takes memory."""
    now = datetime.now(UTC)
    first = pool.run(read, "x", now, limits=ENOUGH).process
    os.kill(first, signal.SIGKILL)
    while not _has_ended(first):
        time.sleep(0.01)
    assert pool.run(read, "x", now, limits=ENOUGH).process != first


def _has_ended(process: int) -> bool:
    status = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True
    )
    return status.stdout.strip()[:1] in ("", "Z")


def test_a_document_whose_worker_is_killed_by_others_is_read_by_another(pool: Pool) -> None:
    """It is not to blame for a system that is short of memory; if it happens again, it is."""
    first = pool.run(read, "x", datetime.now(UTC), limits=ENOUGH).process
    assert pool.run(killed_as, first, limits=ENOUGH) != first
    with pytest.raises(ParserCrashedError, match="SIGKILL"):
        pool.run(killed_as, 0, limits=ENOUGH)


def test_the_limits_of_a_document_end_with_it(pool: Pool) -> None:
    """The next one is received by a worker that may take memory for it."""
    small = Limits(seconds=60, memory=30_000_000)
    first = pool.run(read, "x", datetime.now(UTC), limits=small).process
    assert pool.run(length, bytes(50_000_000), limits=ENOUGH) == 50_000_000
    assert pool.run(read, "x", datetime.now(UTC), limits=ENOUGH).process == first


def _run(code: str, *, after: str = "") -> subprocess.CompletedProcess[str]:
    """Run the code in a process of its own, which has one thread and so forks its workers."""
    imports = (
        "import os, signal, sys, threading, time\nfrom datetime import UTC, datetime\n"
        "from newsletter.sandbox import Limits, Pool, worker\n"
        "from tests.unit.sandbox.test_pool import *\npool = Pool(most=1)\n"
    )
    command = [sys.executable, "-c", imports + code]
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {after}', "sh", *command], capture_output=True, text=True
    )


@pytest.mark.parametrize("state", ["idle", "reading"])
def test_a_worker_ends_with_its_parent(state: str) -> None:
    """Even a parent that is killed leaves no worker behind, whatever CPU time it may take."""
    done = _run(
        "found = pool.run_each(counted, 4 if sys.argv[1:] else 3, limits=Limits(seconds=3600))\n"
        "print([process for _, (_, process) in zip(range(4), found)][0], flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n",
        after=state if state == "reading" else "",
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    worker = int(done.stdout)
    while not _has_ended(worker):  # the test's own limit of time ends a wait in vain
        time.sleep(0.01)


def test_a_worker_that_nobody_asks_ends() -> None:
    """A site at rest keeps its memory; the next document has a new worker."""
    done = _run(
        "worker.IDLE_SECONDS = 0.05\n"
        "first = pool.run(read, 'x', datetime.now(UTC), limits=ENOUGH).process\n"
        "while pool._idle[0].is_alive():\n    time.sleep(0.01)\n"
        "assert pool.run(read, 'x', datetime.now(UTC), limits=ENOUGH).process != first\n"
    )
    assert done.returncode == 0, done.stderr


def test_a_copy_of_a_large_process_reads_more_than_one_document() -> None:
    """What it shares with its parent is not what documents have taken."""
    done = _run(
        "held = bytes(bytearray(worker.RETIRES_AT + 1))\n"
        "first = pool.run(read, 'x', datetime.now(UTC), limits=ENOUGH).process\n"
        "assert pool.run(read, 'x', datetime.now(UTC), limits=ENOUGH).process == first\n"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("threads", [0, 1])
def test_closed_standard_streams_do_not_cost_the_worker(threads: int) -> None:
    """The socket may get the number of one, as under cron or a supervisor."""
    done = _run(
        f"for _ in range({threads}):\n    threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        "found = pool.run(read, 'x', datetime.now(UTC), limits=ENOUGH).process\n"
        "sys.exit(7 if found != os.getpid() else 1)\n",
        after="0<&- 1>&- 2>&-",
    )
    assert done.returncode == 7


def test_a_process_that_lets_the_system_wait_for_its_children_can_replace_a_worker() -> None:
    """Some supervisors start programs with SIGCHLD ignored."""
    done = _run(
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "first = pool.run(read, 'x', datetime.now(UTC), limits=ENOUGH).process\n"
        "os.kill(first, signal.SIGKILL)\n"
        "while pool._idle[0].is_alive():\n    time.sleep(0.01)\n"
        "assert pool.run(read, 'x', datetime.now(UTC), limits=ENOUGH).process != first\n"
    )
    assert done.returncode == 0, done.stderr


def test_a_copy_of_the_process_has_workers_of_its_own() -> None:
    """Else one would read the answers to the other, and end its workers as it ends."""
    done = _run(
        "def ask():\n    return pool.run(read, 'x', datetime.now(UTC), limits=ENOUGH).process\n"
        "first = ask()\npid = os.fork()\n"
        "if pid == 0:\n    sys.exit(7 if ask() != first else 1)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7\n"
        "assert ask() == first\n"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("threads", [0, 1])
def test_a_worker_of_a_process_with_threads_is_not_a_fork_of_it(threads: int) -> None:
    """A copy would hold the locks of threads that it has not."""
    code = (
        "import sys, threading\nfrom newsletter.sandbox import Limits, Pool\n"
        "from tests.unit.sandbox.test_pool import is_copy\n"
        f"for _ in range({threads}):\n    threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        "sys.is_copied = True\nprint(Pool(most=1).run(is_copy, limits=Limits(seconds=60)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    expected = sys.platform == "linux" and not threads
    assert done.stdout == f"{expected}\n", done.stderr


def is_copy() -> bool:
    """Whether this process began as a copy of one that marked itself."""
    return hasattr(sys, "is_copied")


def test_where_no_process_can_be_started_small_documents_are_read_here(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The site still works, the log says so once, and large documents are refused."""

    def start_worker() -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(pool_module, "start_worker", start_worker)
    now = datetime.now(UTC)
    with caplog.at_level(logging.WARNING):
        assert pool.run(read, "x", now, limits=ENOUGH).process == os.getpid()
        assert pool.run(read, "y", now, limits=ENOUGH).process == os.getpid()
    assert caplog.text.count("no process can be started") == 1
    with pytest.raises(TooLargeError):
        pool.run(read, "x" * 300_000, now, limits=ENOUGH)


@pytest.mark.parametrize("program", [None, "", "/dev/null"])
def test_a_program_that_does_not_know_its_interpreter_reads_here(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, program: str | None
) -> None:
    """A program that embeds Python may not; no start that failed keeps the place of a worker."""
    monkeypatch.setattr(starting, "has_one_thread", lambda: False)
    monkeypatch.setattr(sys, "executable", program)
    for _ in range(3):
        found = pool.run(read, "x", datetime.now(UTC), limits=ENOUGH)
        assert found.process == os.getpid()


def test_a_script_may_stand_for_the_interpreter(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Why the worker ended is understood through its shell."""
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\n"{sys.executable}" "$@"\n', encoding="utf-8")
    script.chmod(0o700)
    monkeypatch.setattr(starting, "has_one_thread", lambda: False)
    monkeypatch.setattr(sys, "executable", str(script))
    with pytest.raises(ParserCrashedError, match="SIGSEGV"):
        pool.run(killed, limits=ENOUGH)
    first = pool.run(read, "x", datetime.now(UTC), limits=ENOUGH).process
    assert pool.run(killed_as, first, limits=ENOUGH) != first


async def test_where_no_thread_can_be_started_the_document_is_read_nevertheless(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Services are allowed a number of tasks."""

    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    found = await pool.run_async(read, "x", datetime.now(UTC), limits=ENOUGH)
    assert found.process != os.getpid()


def test_closing_ends_what_is_being_read(pool: Pool) -> None:
    """A process that is asked to end does not wait for a document."""
    ended: list[Exception] = []

    def read_on() -> None:
        try:
            pool.run(endless, limits=Limits(seconds=3600))
        except ParserCrashedError as error:
            ended.append(error)

    thread = threading.Thread(target=read_on)
    thread.start()
    while thread.is_alive():
        pool.close()
        thread.join(0.01)
    assert len(ended) == 1
