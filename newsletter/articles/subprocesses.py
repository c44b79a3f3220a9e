"""Reads a large document in a separate process, with limits of time and memory.

Parsers of feeds and pages take quadratic time on some documents, and a thread cannot be stopped. A
process can be killed when it exceeds its limits.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar

from newsletter.errors import SourceError

LARGE = 200_000
"""In bytes; a larger document is read in a process. No smaller document takes 3 seconds."""
MAX_MEMORY = 1_500_000_000
"""Bytes of address space: a feed of 10 MB takes 400 MB."""

Outcome = TypeVar("Outcome")

# Fork copies the locks of threads, and spawn imports all modules again for each process.
_processes = multiprocessing.get_context("forkserver")
# The readers load their libraries when they read; the fork server loads them in advance.
_processes.set_forkserver_preload(
    ["newsletter.articles.reading", "feedparser", "lxml.html", "trafilatura", "dateparser"]
)


async def run_in_subprocess(
    work: Callable[..., Outcome], *arguments: object, size: int, seconds: float
) -> Outcome:
    """Run `work(*arguments)` on a document of `size` bytes, outside the event loop.

    `work` is a function of a module that raises nothing; its arguments and outcome can be pickled.
    Raises SourceError if a large document takes longer than `seconds`, or too much memory.
    """
    if size < LARGE:
        return await asyncio.to_thread(work, *arguments)
    return await asyncio.to_thread(_supervise, work, arguments, seconds)


def _supervise(
    work: Callable[..., Outcome], arguments: tuple[object, ...], seconds: float
) -> Outcome:
    receiving, sending = _processes.Pipe(duplex=False)
    worker = _processes.Process(target=_work, args=(sending, work, arguments), daemon=True)
    worker.start()
    sending.close()
    try:
        if not receiving.poll(seconds):
            raise SourceError(
                f"it takes longer than {seconds:g} seconds to read",
                field="fetch.timeout",
                fix="ask its owner for a shorter one, or raise fetch.timeout",
            )
        outcome: Outcome = receiving.recv()
    except EOFError as error:
        raise SourceError(
            "it takes too much memory to read", fix="ask its owner for a shorter one"
        ) from error
    finally:
        worker.kill()
        worker.join()
        worker.close()
        receiving.close()
    return outcome


def _work(sending: Connection, work: Callable[..., object], arguments: tuple[object, ...]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    try:
        sending.send(work(*arguments))
    except MemoryError:
        sending.close()  # the other side reads the end of the pipe
