"""Three sending nodes, of which one dies, or `serve`, or PostgreSQL itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random

import sqlalchemy as sa

from newsletter.delivery.classify import Stage
from newsletter.issues.issue import State
from newsletter.site.site import Site
from newsletter.store.tables import deliveries, issues, receipts
from tests.factories.ledger import address_of
from tests.factories.nodes import (
    approve_issue,
    end,
    start_serve,
    start_worker,
    until,
    workers,
)
from tests.factories.runs import HOUR, MONDAY, THURSDAY, states
from tests.factories.site import make_site, publish
from tests.faults import page
from tests.faults.honesty import Comparison, compare
from tests.faults.rounds import NODE_KILLS, NODE_READERS, PATIENCE
from tests.servers.fast_smtp import FastCatcher, fast_server, slow_at
from tests.servers.postgres import Postgres

CONNECTIONS, NODES = 4, 3

# So that there is a middle: about a second of sending.
SLOW = FastCatcher(plan=slow_at(Stage.DOT, 0.01))


@dataclass(kw_only=True)
class Office:
    """A site with three nodes and a `serve`."""

    site: Site
    catcher: FastCatcher
    postgres: Postgres
    nodes: list[ForkServerProcess]
    serve: ForkServerProcess

    async def send_again(self) -> None:
        """Let `serve` find the same issue due and not sent, and forget what came."""
        self.catcher.copies.clear()
        self.catcher.messages = 0
        with self.site.database.transaction() as connection:
            for table in (receipts, deliveries):
                connection.execute(sa.delete(table))
            connection.execute(
                sa.update(issues).values(state=State.SENDING, audience=None, send_started_at=MONDAY)
            )

    async def is_sent(self) -> None:
        """Wait until it is."""
        await until(lambda: states(self.site) == [State.SENT])

    async def kill_a_node(self) -> None:
        """And start another."""
        await end(self.nodes.pop(0), kill=True)
        self.nodes.append(start_worker(self.site, MONDAY))

    async def kill_serve(self) -> None:
        """And start another."""
        await end(self.serve, kill=True)
        self.serve = start_serve(self.site, MONDAY)

    async def crash_postgres(self) -> None:
        """And start it again; the processes must bear it."""
        await asyncio.to_thread(self.postgres.crash)


FAULTS = {
    "a node is killed": (Office.kill_a_node, CONNECTIONS),
    "`serve` is killed": (Office.kill_serve, 0),
    "PostgreSQL crashes": (Office.crash_postgres, NODES * CONNECTIONS),
}
"""What happens, and how many messages may be on the wire of the sender that loses the ledger."""


@asynccontextmanager
async def office(folder: Path, postgres: Postgres) -> AsyncIterator[Office]:
    """All at work, and an issue approved."""
    addresses = tuple(address_of(number) for number in range(1, NODE_READERS + 1))
    async with fast_server(SLOW) as catcher:
        site = make_site(
            folder, now=THURSDAY, port=catcher.port, database=postgres.url, readers=addresses,
            relay=f"connections = {CONNECTIONS}",
        )  # fmt: skip
        publish(folder, THURSDAY + HOUR, THURSDAY + 2 * HOUR)
        await asyncio.to_thread(approve_issue, site, MONDAY)
        async with workers(site, MONDAY, NODES) as nodes:
            running = Office(
                site=site,
                catcher=catcher,
                postgres=postgres,
                nodes=nodes,
                serve=start_serve(site, MONDAY),
            )
            try:
                yield running
            finally:
                await end(running.serve, kill=True)
        site.database.close()


async def test_whatever_dies_of_three_nodes_nobody_is_lost_or_gets_two(
    tmp_path: Path, own_postgres: Postgres
) -> None:
    """At a random moment, again and again; unknown is at most what was on the wire."""
    random = Random(8)  # noqa: S311 - when to strike, the same each time
    async with office(tmp_path, own_postgres) as running:
        for what, (strike, on_the_wire) in FAULTS.items():
            seen: list[Comparison] = []
            for _ in range(NODE_KILLS):
                await running.send_again()
                async with asyncio.timeout(PATIENCE):
                    await running.catcher.has_caught(random.randrange(NODE_READERS * 3 // 4))
                await strike(running)
                await running.is_sent()
                end_of_it = await asyncio.to_thread(
                    compare, running.site.database, running.catcher.copies
                )
                assert end_of_it.is_honest, (what, end_of_it)
                assert end_of_it.unknown <= on_the_wire, (what, end_of_it)
                seen.append(end_of_it)
            page.nodes[what] = seen
