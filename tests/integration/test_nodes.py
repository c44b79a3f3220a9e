"""Sending nodes: real worker processes on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from newsletter.issues.issue import State
from newsletter.pipeline.send import send
from newsletter.pipeline.site import Site
from tests.factories.nodes import approved_issue, clock_from, end, start_workers
from tests.factories.runs import HOUR, MONDAY, THURSDAY, states
from tests.factories.site import make_site, publish
from tests.servers.fast_smtp import FastCatcher, Spoilt, fast_server

READERS = 300


@asynccontextmanager
async def site_with_issue(
    folder: Path, url: str, port: int, readers: int = READERS, **settings: str
) -> AsyncIterator[Site]:
    """A site on PostgreSQL with an approved issue."""
    addresses = tuple(f"reader{number}@example.org" for number in range(readers))
    site = make_site(folder, now=THURSDAY, port=port, database=url, readers=addresses, **settings)
    try:
        publish(folder, THURSDAY + HOUR, THURSDAY + 2 * HOUR)
        await asyncio.to_thread(approved_issue, site, MONDAY)
        yield site
    finally:
        site.database.close()


async def test_nodes_send_what_send_plans(tmp_path: Path, postgres_url: str) -> None:
    """Each reader gets it once, all three nodes take part, and the sum is right."""
    async with (
        fast_server(FastCatcher()) as catcher,
        site_with_issue(tmp_path, postgres_url, catcher.port) as site,
    ):
        workers = await start_workers(site, MONDAY, 3)
        outcome = await asyncio.to_thread(send, site, "weekly", None, clock=clock_from(MONDAY))
        await end(*workers)
    assert outcome.issue.state is State.SENT
    assert catcher.messages == len(catcher.copies) == READERS
    assert outcome.report is not None
    assert outcome.report.accepted == READERS
