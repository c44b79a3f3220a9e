"""Sending nodes: real worker processes on PostgreSQL."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa

from newsletter.delivery.classify import Stage
from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import State
from newsletter.pipeline.approve import stop
from newsletter.pipeline.send import SendOutcome, send
from newsletter.site.site import Site
from newsletter.store.nodes import living_nodes
from newsletter.store.tables import deliveries
from newsletter.web.health import collect, exposition
from tests.factories.nodes import (
    approve_issue,
    clock_from,
    end,
    until,
    until_nodes,
    workers,
)
from tests.factories.runs import HOUR, MONDAY, THURSDAY
from tests.factories.site import make_site, publish
from tests.servers.fast_smtp import FastCatcher, Spoilt, fast_server, slow_at

READERS = 240


@asynccontextmanager
async def site_with_issue(
    folder: Path, url: str, port: int, readers: int = READERS, **settings: str
) -> AsyncIterator[Site]:
    """A site on PostgreSQL with an approved issue."""
    addresses = tuple(f"reader{number}@example.org" for number in range(readers))
    site = make_site(folder, now=THURSDAY, port=port, database=url, readers=addresses, **settings)
    try:
        publish(folder, THURSDAY + HOUR, THURSDAY + 2 * HOUR)
        await asyncio.to_thread(approve_issue, site, MONDAY)
        yield site
    finally:
        site.database.close()


async def test_stop_reaches_every_node_within_two_seconds(
    tmp_path: Path, postgres_url: str
) -> None:
    """What is in flight is finished, all else is given back; a further send ends it all."""
    slow = FastCatcher(plan=slow_at(Stage.DOT, 0.5))
    async with (
        fast_server(slow) as catcher,
        site_with_issue(tmp_path, postgres_url, catcher.port) as site,
        workers(site, MONDAY, 3),
    ):
        for _ in range(3):  # a machine that is busy elsewhere may be late for once
            took, outcome = await _stopped_in_the_middle(site, catcher)
            assert outcome.issue.state is State.STOPPED
            assert outcome.counts[DeliveryState.ACCEPTED] == catcher.messages < READERS
            if took < 2:
                break
        assert took < 2
        before = catcher.messages
        catcher.plan = lambda _stage, _recipient: None
        again = await asyncio.to_thread(send, site, "weekly", None, clock=clock_from(MONDAY))
    assert again.issue.state is State.SENT
    assert again.report is not None
    assert again.report.accepted == READERS - before
    assert catcher.messages == len(catcher.copies) == READERS


async def _stopped_in_the_middle(site: Site, catcher: FastCatcher) -> tuple[float, SendOutcome]:
    """Stop a send once all nodes are at work: the seconds until none holds anything."""
    sending = asyncio.create_task(
        asyncio.to_thread(send, site, "weekly", None, clock=clock_from(MONDAY))
    )
    await until_nodes(site, lambda living: sum(node.held > 0 for node in living) == 3)
    await asyncio.to_thread(stop, site, "weekly", None)
    stopped = time.monotonic()
    await until(lambda: not _in_hand(site))
    took = time.monotonic() - stopped
    return took, await sending


async def test_a_node_that_is_told_to_leave_gives_back_what_it_has(
    tmp_path: Path, postgres_url: str
) -> None:
    """SIGTERM: within ten seconds, nothing unknown; the others send it."""
    slow = FastCatcher(plan=slow_at(Stage.DOT, 0.1))
    async with (
        fast_server(slow) as catcher,
        site_with_issue(tmp_path, postgres_url, catcher.port) as site,
        workers(site, MONDAY, 2) as nodes,
    ):
        sending = asyncio.create_task(
            asyncio.to_thread(send, site, "weekly", None, clock=clock_from(MONDAY))
        )
        await until_nodes(site, lambda living: sum(bool(node.holds) for node in living) == 2)
        told = time.monotonic()
        await end(nodes.pop())
        assert time.monotonic() - told < 10
        catcher.plan = lambda _stage, _recipient: None
        outcome = await sending
    assert outcome.counts[DeliveryState.ACCEPTED] == READERS
    assert catcher.messages == len(catcher.copies) == READERS


async def test_the_last_node_may_die_with_batches_in_hand(
    tmp_path: Path, postgres_url: str
) -> None:
    """Who conducts then sends the rest itself."""
    slow = FastCatcher(plan=slow_at(Stage.DOT, 0.1))
    async with (
        fast_server(slow) as catcher,
        site_with_issue(tmp_path, postgres_url, catcher.port) as site,
        workers(site, MONDAY, 1) as nodes,
    ):
        sending = asyncio.create_task(
            asyncio.to_thread(send, site, "weekly", None, clock=clock_from(MONDAY))
        )
        await catcher.has_caught(10)
        await end(nodes.pop(), kill=True)
        catcher.plan = lambda _stage, _recipient: None
        outcome = await sending
    unknown = outcome.counts[DeliveryState.UNKNOWN]
    assert outcome.issue.state is State.SENT
    assert outcome.counts[DeliveryState.ACCEPTED] + unknown == READERS
    assert unknown <= 8
    assert max(catcher.copies.values()) == 1


async def test_a_node_whose_relay_refuses_us_pauses_the_send(
    tmp_path: Path, postgres_url: str
) -> None:
    """The node that planned it hears why, and no batch is left for another node to be refused with."""
    refuses = FastCatcher(
        plan=lambda stage, _: Spoilt(reply="554 5.7.1 Go away") if stage is Stage.MAIL else None
    )
    async with (
        fast_server(refuses) as catcher,
        site_with_issue(tmp_path, postgres_url, catcher.port) as site,
        workers(site, MONDAY, 1),
    ):
        outcome = await asyncio.to_thread(send, site, "weekly", None, clock=clock_from(MONDAY))
        assert outcome.report is not None
        assert "Go away" in outcome.report.paused
        catcher.plan = lambda _stage, _recipient: None
        again = await asyncio.to_thread(send, site, "weekly", None, clock=clock_from(MONDAY))
    assert again.issue.state is State.SENT
    assert catcher.messages == READERS


def _in_hand(site: Site) -> int:
    """How many deliveries somebody has claimed."""
    with site.database.transaction(read_only=True) as connection:
        of_somebody = deliveries.c.state.in_([DeliveryState.CLAIMED, DeliveryState.TRANSMITTING])
        count = sa.select(sa.func.count()).select_from(deliveries).where(of_somebody)
        return connection.execute(count).scalar_one()


async def test_a_node_is_seen_wherever_one_looks(tmp_path: Path, postgres_url: str) -> None:
    """`newsletter worker` stands in `status --json` and the metrics until SIGTERM ends it."""
    slow = FastCatcher(plan=slow_at(Stage.DOT, 0.2))
    async with (
        fast_server(slow) as catcher,
        site_with_issue(tmp_path, postgres_url, catcher.port) as site,
    ):
        node = await asyncio.create_subprocess_exec(*_command(site, "worker", "--connections", "3"))
        await until_nodes(site, lambda living: len(living) == 1)
        sending = asyncio.create_task(
            asyncio.to_thread(send, site, "weekly", None, clock=clock_from(MONDAY))
        )
        await until_nodes(site, lambda living: bool(living) and living[0].held > 0)
        status = await asyncio.create_subprocess_exec(
            *_command(site, "status", "--json"), stdout=subprocess.PIPE
        )
        said, _ = await status.communicate()
        metrics = exposition(await asyncio.to_thread(collect, site, MONDAY))
        (seen,) = json.loads(said)["nodes"]
        assert seen["name"].endswith(f":{node.pid}")
        assert seen["holds"][0]["issue"] == "weekly/1"
        assert "newsletter_nodes 1" in metrics
        name = seen["name"]
        assert f'newsletter_node_deliveries_held{{issue="weekly/1",node="{name}"}}' in metrics
        assert catcher.connections == 3
        catcher.plan = lambda _stage, _recipient: None
        await sending
        node.terminate()
        assert await node.wait() == 0
        assert await asyncio.to_thread(living_nodes, site.database) == []
    assert catcher.messages == READERS


def _command(site: Site, *words: str) -> list[str]:
    return [str(Path(sys.executable).parent / "newsletter"), "-C", str(site.folder), *words]
