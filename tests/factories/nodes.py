"""Sending nodes and conductors as processes of their own, which can be killed."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from newsletter.cli.interruption import interruptible
from newsletter.errors import NewsletterError
from newsletter.issues.issue import Issue
from newsletter.pipeline.approve import approve
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.send import send
from newsletter.pipeline.site import Site, open_site
from newsletter.pipeline.work import work
from newsletter.store.nodes import Node, living_nodes

_STARTS = multiprocessing.get_context("forkserver")
_STARTS.set_forkserver_preload(["tests.factories.nodes", "tests.factories.sending"])


def clock_from(moment: datetime) -> Callable[[], datetime]:
    """A clock that stands at `moment` now."""
    started = time.monotonic()
    return lambda: moment + timedelta(seconds=time.monotonic() - started)


def start_worker(site: Site, now: datetime) -> ForkServerProcess:
    """`newsletter worker` on the site."""
    return _started(_work, site, now)


def start_send(site: Site, now: datetime) -> ForkServerProcess:
    """`newsletter send weekly` on the site."""
    return _started(_send, site, now)


async def start_workers(site: Site, now: datetime, count: int) -> list[ForkServerProcess]:
    """So many, all alive."""
    before = len(await asyncio.to_thread(living_nodes, site.database))
    workers = [start_worker(site, now) for _ in range(count)]
    await until(site, lambda nodes: len(nodes) >= before + count)
    return workers


async def until(site: Site, is_so: Callable[[list[Node]], bool]) -> None:
    """Wait until it is so of the living nodes."""
    async with asyncio.timeout(60):
        while not is_so(await asyncio.to_thread(living_nodes, site.database)):
            await asyncio.sleep(0.05)


async def end(*processes: ForkServerProcess, kill: bool = False) -> None:
    """Have them leave, or not ask them."""
    for process in processes:
        (process.kill if kill else process.terminate)()
    for process in processes:
        await asyncio.to_thread(process.join, 60)
        assert process.exitcode is not None
        process.close()


def approved_issue(site: Site, now: datetime) -> Issue:
    """The weekly issue, ready to be sent."""
    gather(site, "weekly", now=now)
    draft(site, "weekly", now=now)
    approve(site, "weekly", None, now=now)
    return draft(site, "weekly", now=now)


def _started(target: Callable[[str, str], None], site: Site, now: datetime) -> ForkServerProcess:
    process = _STARTS.Process(target=target, args=(str(site.folder), now.isoformat()))
    process.start()
    return process


def _work(folder: str, now: str) -> None:
    with interruptible() as interrupted:
        site = open_site(Path(folder), {})
        clock = clock_from(datetime.fromisoformat(now))
        work(site, connections=None, clock=clock, interrupted=interrupted)


def _send(folder: str, now: str) -> None:
    with interruptible() as interrupted, suppress(NewsletterError):
        site = open_site(Path(folder), {})
        clock = clock_from(datetime.fromisoformat(now))
        send(site, "weekly", None, clock=clock, interrupted=interrupted)
