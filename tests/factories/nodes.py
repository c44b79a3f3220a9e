"""Sending nodes and conductors as processes of their own, which can be killed."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from newsletter import queue
from newsletter.cli.interruption import interruptible
from newsletter.errors import NewsletterError
from newsletter.jobs.run import run
from newsletter.jobs.supervisor import Supervisor
from newsletter.pipeline.approve import approve
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.worker import run_worker
from newsletter.scheduler import scheduling
from newsletter.site.site import Site, open_site
from newsletter.store.nodes import Node, living_nodes

EVERY = timedelta(seconds=0.2)

_STARTS = multiprocessing.get_context("forkserver")
_STARTS.set_forkserver_preload(["tests.factories.nodes", "tests.factories.sending"])


def clock_from(moment: datetime | Path) -> Callable[[], datetime]:
    """A clock that stands at `moment` now, or at what a file says, which a test turns."""
    if isinstance(moment, Path):
        return lambda: datetime.fromisoformat(moment.read_text())
    started = time.monotonic()
    return lambda: moment + timedelta(seconds=time.monotonic() - started)


def start_worker(site: Site, now: datetime) -> ForkServerProcess:
    """`newsletter worker` on the site; its batches are free two seconds after it died."""
    return _started(_work, site, now)


def start_serve(site: Site, now: datetime | Path) -> ForkServerProcess:
    """The scheduler of `newsletter serve`, which looks many times a second."""
    return _started(_serve, site, now)


def start_cron(site: Site, now: datetime | Path) -> ForkServerProcess:
    """`newsletter run`, again and again."""
    return _started(_run, site, now)


@asynccontextmanager
async def workers(site: Site, now: datetime, count: int) -> AsyncIterator[list[ForkServerProcess]]:
    """So many, all alive, until they are told to leave; one may be taken off the list."""
    processes = [start_worker(site, now) for _ in range(count)]
    try:
        await until_nodes(site, lambda nodes: len(nodes) >= count)
        yield processes
    finally:
        await end(*processes)


async def until_nodes(site: Site, is_so: Callable[[list[Node]], bool]) -> None:
    """Wait until it is so of the living nodes."""
    await until(lambda: is_so(living_nodes(site.database)))


async def until(is_so: Callable[[], bool], seconds: float = 600) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(seconds):
        while not await asyncio.to_thread(is_so):  # noqa: ASYNC110 - other processes' doing
            await asyncio.sleep(0.05)


async def end(*processes: ForkServerProcess, kill: bool = False) -> None:
    """Have them leave, or not ask them."""
    for process in processes:
        (process.kill if kill else process.terminate)()
    for process in processes:
        await asyncio.to_thread(process.join, 60)
        assert process.exitcode is not None
        process.close()


def approve_issue(site: Site, now: datetime) -> None:
    """Have the weekly issue ready to be sent."""
    gather(site, "weekly", now=now)
    draft(site, "weekly", now=now)
    approve(site, "weekly", None, now=now)


@contextmanager
def _running(folder: str) -> Iterator[tuple[Site, threading.Event]]:
    """A process's site, until it is told to leave; what a test does to it is not reported."""
    for name in ("newsletter", "apscheduler"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with interruptible() as interrupted:
        yield open_site(Path(folder), {}), interrupted


def _started(
    target: Callable[[str, datetime | Path], None], site: Site, now: datetime | Path
) -> ForkServerProcess:
    arguments = (str(site.folder), now)
    process = _STARTS.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def _work(folder: str, now: datetime | Path) -> None:
    queue.HEARTBEAT, queue.LEASE = 0.5, 2.0
    with _running(folder) as (site, interrupted):
        run_worker(site, connections=None, clock=clock_from(now), interrupted=interrupted)


def _serve(folder: str, now: datetime | Path) -> None:
    with (
        _running(folder) as (site, interrupted),
        scheduling(site, clock=clock_from(now), every=EVERY),
    ):
        interrupted.wait()


def _run(folder: str, now: datetime | Path) -> None:
    clock = clock_from(now)
    with _running(folder) as (site, interrupted):
        while not interrupted.wait(EVERY.total_seconds()):
            with suppress(NewsletterError):
                run(site, Supervisor(site.database, clock, interrupted))
