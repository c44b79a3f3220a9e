"""Pools of workers that are kept warm; one that exceeds its limits is killed and replaced."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from newsletter.errors import ParserCrashedError, TooLargeError, TooSlowError
from newsletter.sandbox.frames import (
    MAX_TRACEBACK,
    FrameTooLongError,
    Kind,
    receive_frame,
    send_frame,
)
from newsletter.sandbox.limits import Limits
from newsletter.sandbox.starting import Process, start_worker
from newsletter.sandbox.values import decode_result, encode_request
from subscribers.quiet_log import QuietLog

log = logging.getLogger("newsletter")
strangers = QuietLog(log, longest=MAX_TRACEBACK)

STARTS_WITHIN = 120
"""Seconds in which a worker must be ready, on a machine that is very busy."""

MAX_UNGUARDED = 200_000
"""Octets of a document that is read without a worker where none can be started."""

Outcome = TypeVar("Outcome")
Item = TypeVar("Item")


@dataclass(eq=False, slots=True)
class _Worker:
    end: socket.socket
    process: Process
    is_closed: bool = False
    """Whether the pool has ended it, and no longer waits for an answer."""

    def is_alive(self) -> bool:
        """Whether it waits for a request; one that has ended has closed its end of the socket."""
        waiting = select.poll()
        waiting.register(self.end, select.POLLIN)
        return not waiting.poll(0)

    def stop(self) -> int:
        """End it if it has not ended, and return its exit code."""
        self.process.kill()
        self.end.close()
        return self.process.wait()


class _EndedByOthersError(ParserCrashedError):
    """A worker ended that has done nothing wrong: it was killed, or had just been idle for long."""


class Pool:
    """At most `most` workers, started when they are needed; any thread may call its methods."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._starting = 0
        self._change = threading.Condition()
        self._told: set[str] = set()
        atexit.register(self.close)
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        """Begin anew in a copy of this process: the workers answer the one that started them."""
        for worker in (*self._idle, *self._busy):
            worker.end.close()
        self._idle, self._busy, self._starting = [], set(), 0
        self._change = threading.Condition()

    def run(self, work: Callable[..., Outcome], *arguments: object, limits: Limits) -> Outcome:
        """Run `work(*arguments)` in a worker, and wait for its result.

        `work` is a function of a module. Its result is of its annotated return type, made of frozen
        dataclasses, enums and plain values. Raises TooSlowError or TooLargeError if it exceeds its
        limits, and ParserCrashedError for whatever it raises itself.
        """
        request = encode_request(work, arguments, limits)
        asked = self._ask(request, limits)
        if asked is None:
            return _run_unguarded(work, arguments, len(request))
        worker, kind, content = asked
        is_fit = kind is Kind.RESULT
        try:
            outcome: Outcome = _value(work, content)
            return outcome
        finally:
            self._give_back(worker, is_fit=is_fit)

    def run_each(
        self, work: Callable[..., Iterator[Item]], *arguments: object, limits: Limits
    ) -> Generator[Item, None, None]:
        """The same for a generator function: yield each value that it yields, as it comes.

        The limit of time is for all of them, and that of output for each. Close the generator, with
        `contextlib.closing`: until then it keeps its worker from others.
        """
        request = encode_request(work, arguments, limits)
        asked = self._ask(request, limits)
        if asked is None:
            yield from _run_unguarded(lambda *given: list(work(*given)), arguments, len(request))
            return
        worker, kind, content = asked
        is_fit = False
        try:
            while kind is Kind.ITEM:
                yield _value(work, content)
                kind, content = _answer(worker, limits)
            is_fit = kind is Kind.RESULT
        finally:
            self._give_back(worker, is_fit=is_fit)

    async def run_async(
        self, work: Callable[..., Outcome], *arguments: object, limits: Limits
    ) -> Outcome:
        """The same as `run`, without blocking the event loop."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Outcome] = loop.create_future()

        def settle(decide: Callable[[], None]) -> None:
            if not done.done():  # else nobody waits any more
                decide()

        def run() -> None:
            decide: Callable[[], None]
            try:
                result = self.run(work, *arguments, limits=limits)
                decide = lambda: done.set_result(result)  # noqa: E731 - one of two ends
            except Exception as error:  # it is raised where it is awaited
                failure = error
                decide = lambda: done.set_exception(failure)  # noqa: E731
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(settle, decide)

        # A thread of its own, for which the end of the process does not wait. Those of the loop's
        # executor may all be busy.
        try:
            threading.Thread(target=run, name="sandbox", daemon=True).start()
        except RuntimeError:  # the system gives us no more threads; the loop has to wait
            run()
        return await done

    def close(self) -> None:
        """End all workers. What they were reading fails; a later call of `run` starts others."""
        with self._change:
            idle, busy = self._idle.copy(), self._busy.copy()
            self._idle.clear()
        for worker in idle:
            worker.stop()
        for worker in busy:
            worker.is_closed = True
            worker.process.kill()  # the thread that waits for it does the rest

    def _ask(self, request: bytes, limits: Limits) -> tuple[_Worker, Kind, bytes] | None:
        """A worker that has read the request, and the first frame of its answer.

        None if no worker can be started. Where one was ended by others, as by a system that is short
        of memory, the document is not to blame: one more worker is asked.
        """
        ended: _EndedByOthersError | None = None
        while (worker := self._take()) is not None:
            answer = None
            try:
                _send(worker, request, limits)
                answer = _answer(worker, limits)
            except _EndedByOthersError as error:
                if ended or worker.is_closed:
                    raise
                ended = error
            else:
                return worker, *answer
            finally:
                if answer is None:
                    self._give_back(worker, is_fit=False)
        if ended:
            raise ended
        return None

    def _take(self) -> _Worker | None:
        """An idle worker, or a new one; None if none can be started."""
        while True:
            with self._change:
                while not self._idle and len(self._busy) + self._starting >= self._most:
                    self._change.wait()
                for ended in [one for one in self._idle if not one.is_alive()]:
                    self._idle.remove(ended)
                    ended.stop()
                if self._idle:
                    worker = self._idle.pop()
                    self._busy.add(worker)
                    return worker
                self._starting += 1
            started = None
            try:
                started = self._start()
            finally:
                with self._change:
                    self._starting -= 1
                    if started is not None:
                        self._busy.add(started)
                    self._change.notify_all()
            with self._change:
                if started is None and self._busy and not self._idle:
                    self._change.wait()  # better one of those than none
                if started is not None or not (self._busy or self._idle):
                    return started

    def _start(self) -> _Worker | None:
        try:
            end, process = start_worker()
        except OSError as error:
            self._warn(f"no process can be started ({error})")
            return None
        worker = _Worker(end=end, process=process)
        try:
            _, unlimited = receive_frame(end, 10_000, time.monotonic() + STARTS_WITHIN)
        except (EOFError, OSError, ValueError, FrameTooLongError) as error:
            worker.stop()
            self._warn(f"the process does not start ({type(error).__name__})")
            return None
        if unlimited:
            self._warn(f"this system does not limit its {unlimited.decode('ascii', 'replace')}")
        return worker

    def _warn(self, what: str) -> None:
        """Say once that documents are read with fewer limits than they should be."""
        if what not in self._told:
            self._told.add(what)
            log.warning("What others wrote is read with fewer limits than usual: %s.", what)

    def _give_back(self, worker: _Worker, *, is_fit: bool) -> None:
        if not is_fit:
            worker.stop()
        with self._change:
            self._busy.discard(worker)
            if is_fit:
                self._idle.append(worker)
            self._change.notify()


def _send(worker: _Worker, request: bytes, limits: Limits) -> None:
    """Send the request; what goes wrong is said when the answer is read."""
    worker.end.settimeout(limits.wall_seconds)
    with suppress(OSError):
        send_frame(worker.end, Kind.REQUEST, request)


def _answer(worker: _Worker, limits: Limits) -> tuple[Kind, bytes]:
    """The next frame with a value, or the last; raises ParsingError for any other."""
    try:
        kind, content = receive_frame(
            worker.end, limits.output, time.monotonic() + limits.wall_seconds
        )
    except TimeoutError as error:
        raise _too_slow(limits) from error
    except FrameTooLongError as error:
        raise TooLargeError("reading it makes too much of it", fix=_SHORTER) from error
    except ValueError as error:
        raise ParserCrashedError("the process that reads it answers with nonsense") from error
    except (EOFError, OSError) as error:
        code = worker.stop()
        if code > 128:  # a shell script that stands for the interpreter says it like this
            code = 128 - code
        if code == -signal.SIGXCPU:
            raise _too_slow(limits) from error
        ended = f"the process that reads it ended ({_described(code)})"
        if code in (0, -signal.SIGKILL):
            raise _EndedByOthersError(ended, fix=_AGAIN) from error
        raise ParserCrashedError(ended, fix=_SHORTER) from error
    match kind:
        case Kind.RESULT | Kind.LAST_RESULT | Kind.ITEM:
            return kind, content
        case Kind.NO_MEMORY:
            raise TooLargeError("it takes too much memory to read", fix=_SHORTER)
        case _:
            said = content.decode("utf-8", "replace").rstrip()
            strangers.error("Something that others wrote could not be read.\n%s", said)
            raise ParserCrashedError(f"reading it failed: {said.rpartition(chr(10))[2][:200]}")


_SHORTER = "ask its owner for a shorter one"
_AGAIN = "try again; the system may be short of memory"


def _too_slow(limits: Limits) -> TooSlowError:
    return TooSlowError(f"it takes longer than {limits.seconds:g} seconds to read", fix=_SHORTER)


def _described(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _value(work: Callable[..., object], content: bytes) -> Any:
    try:
        return decode_result(work, content)
    except ValueError as error:
        raise ParserCrashedError("reading it gives values of other types") from error


def _run_unguarded(
    work: Callable[..., Outcome], arguments: tuple[object, ...], size: int
) -> Outcome:
    """Run it in this process: no worker can be started, and the site must still do its work."""
    if size > MAX_UNGUARDED:
        raise TooLargeError(
            "it is too large to be read without a process of its own",
            fix="let this program start processes",
        )
    try:
        return work(*arguments)
    except Exception as error:  # as in a worker
        strangers.exception("Something that others wrote could not be read.")
        raise ParserCrashedError(f"reading it failed: {type(error).__name__}: {error}") from error


FETCHED = Pool(most=2)
"""Reads what is fetched: nobody waits for it, and hostile sources may keep it busy."""

HANDED_IN = Pool(most=2)
"""Reads what is sent, typed or uploaded, for which somebody waits."""
