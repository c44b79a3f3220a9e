"""Reads a large document in a process of its own, so that time and memory have an end.

Parsers of feeds and pages take quadratic time on some documents, and a thread cannot be stopped. A
process can: it is given seconds and bytes, and ended when they are spent.
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
"""Bytes from which a document is read in a process; below, no document found takes 3 seconds."""
MAX_MEMORY = 1_500_000_000
"""Bytes of address space: a feed of 10 MB takes 400 MB."""

Outcome = TypeVar("Outcome")

# Not fork, which copies the threads' locks; not spawn, which imports everything anew each time.
_processes = multiprocessing.get_context("forkserver")
# The readers load their libraries when they read: here they are loaded before.
_processes.set_forkserver_preload(
    ["newsletter.articles.reading", "feedparser", "lxml.html", "trafilatura", "dateparser"]
)


async def in_workshop(
    work: Callable[..., Outcome], *arguments: object, size: int, seconds: float
) -> Outcome:
    """`work(*arguments)` on a document of `size` bytes, off the event loop.

    Raises SourceError when a large one takes longer than `seconds`, or too much memory. `work`
    is a module's function, raises nothing, and its arguments and outcome can be pickled.
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
