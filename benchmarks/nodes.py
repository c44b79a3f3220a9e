"""Measures the rate of one, two and three sending nodes, and whether they keep to a limit."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import sqlalchemy as sa

from benchmarks.arrivals import check_counts
from benchmarks.programs import BenchmarkError, start
from benchmarks.publication import ARTICLES, SLUG, approved_issue
from benchmarks.runs import Bench
from benchmarks.sink import c_sink
from newsletter.delivery.rates.limits import SPAN
from newsletter.pipeline.send import send
from newsletter.site.site import Site, open_site
from newsletter.store.nodes import living_nodes
from newsletter.store.tables import receipts
from subscribers.tables import lists, subscribers, subscriptions
from tests.servers.postgres import Postgres, postgres

DELAY_MS, CONNECTIONS = 20, 8
"""The sink's delay, and each node's connections to it."""

DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "shared_buffers=128MB")
"""Durable settings, which the server of the tests turns off."""

RATE, RATED_SECONDS = 120, 10


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeRates:
    """The median, lowest and highest rate of a number of nodes, in messages a second."""

    nodes: int
    rate: float
    lowest: float
    highest: float


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitedRate:
    """The rate of `nodes` under a limit of `limit` messages a second, after the first second."""

    nodes: int
    limit: float
    rate: float


def measure_nodes(
    bench: Bench, counts: Sequence[int], *, rounds: int, messages: int, say: Callable[[str], None]
) -> list[NodeRates]:
    """Let each number of nodes send the same issue, without DKIM, `rounds` times."""
    rates: dict[int, list[float]] = {count: [] for count in counts}
    with postgres(*DURABLE) as server:
        for turn in range(rounds):
            for count in counts:
                seconds, _ = _send(bench, server, f"n{turn}x{count}", count, messages, {})
                rates[count].append(messages / seconds)
                say(f"{count} sending nodes: {rates[count][-1]:,.0f}/s")
    return [
        NodeRates(nodes=count, rate=median(seen), lowest=min(seen), highest=max(seen))
        for count, seen in rates.items()
    ]


def measure_kept(bench: Bench, nodes: int, say: Callable[[str], None]) -> LimitedRate:
    """Measure the rate of nodes that could be faster than the limit."""
    limit = {"NEWSLETTER__RELAYS__0__RATE": f"{RATE}/s"}
    with postgres(*DURABLE) as server:
        _, moments = _send(bench, server, "rated", nodes, RATE * RATED_SECONDS, limit)
    # A relay may burst for the first second, and the last tokens are not all used.
    start_at, end_at = moments[0] + timedelta(seconds=1), moments[-1] - timedelta(seconds=SPAN)
    steady = [moment for moment in moments if start_at <= moment < end_at]
    kept = LimitedRate(
        nodes=nodes, limit=RATE, rate=len(steady) / (end_at - start_at).total_seconds()
    )
    say(f"{nodes} sending nodes kept to {RATE}/s: {kept.rate:.1f}/s")
    return kept


def _send(
    bench: Bench,
    server: Postgres,
    name: str,
    nodes: int,
    messages: int,
    environment: Mapping[str, str],
) -> tuple[float, list[datetime]]:
    """The sink's seconds from the first message to the last, and when each was accepted."""
    with c_sink(bench.sink, bench.folder / "kept", delay_ms=DELAY_MS) as sink:
        settings = {
            "NEWSLETTER__SITE__DATABASE": _new_database(server, name),
            "NEWSLETTER__RELAYS__0__PORT": str(sink.port),
            "NEWSLETTER__RELAYS__0__CONNECTIONS": str(CONNECTIONS),
            **environment,
        }
        folder = bench.folder / "nodes"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copy(bench.publication.folder / "newsletter.toml", folder)
        site = open_site(folder, settings)
        try:
            _fill(site, messages)
            with _workers(site, settings, nodes):
                send(site, SLUG, 1, clock=lambda: datetime.now(UTC))
            with site.database.transaction(read_only=True) as connection:
                moments = connection.scalars(sa.select(receipts.c.at).order_by(receipts.c.at)).all()
        finally:
            site.database.close()
    if sink.counts is None:
        raise BenchmarkError("the sink reported no counts")
    check_counts(sink.counts, messages)
    return sink.counts.seconds, list(moments)


@contextmanager
def _workers(site: Site, settings: Mapping[str, str], count: int) -> Iterator[None]:
    """Run `count` processes of `newsletter worker`, all of them registered."""
    command: list[str | Path] = [
        Path(sys.executable).parent / "newsletter",
        "-C",
        site.folder,
        "worker",
    ]
    workers = [start(command, settings, stderr=subprocess.DEVNULL) for _ in range(count)]
    try:
        deadline = time.monotonic() + 60
        while len(living_nodes(site.database)) < count:
            if time.monotonic() > deadline:
                raise BenchmarkError("the nodes do not start")
            time.sleep(0.05)
        yield
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.communicate(timeout=30)


def _new_database(server: Postgres, name: str) -> str:
    engine = sa.create_engine(sa.make_url(server.url).set(drivername="postgresql+psycopg"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    engine.dispose()
    return sa.make_url(server.url).set(database=name).render_as_string(hide_password=False)


def _fill(site: Site, readers: int) -> None:
    """Create the approved issue, and readers numbered from 1."""
    now = datetime.now(UTC)
    approved_issue(site, ARTICLES, now)
    people = [
        {
            "id": number,
            "address": f"reader{number}@example.net",
            "address_key": f"reader{number}@example.net",
            "name": f"Reader {number}",
            "follows": "",
            "frequency": "weekly",
            "attributes": {},
            "created_at": now,
        }
        for number in range(1, readers + 1)
    ]
    with site.database.transaction() as connection:
        connection.execute(sa.insert(lists).values(id=1, slug=SLUG))
        connection.execute(sa.insert(subscribers), people)
        connection.execute(
            sa.insert(subscriptions),
            [
                {"list_id": 1, "subscriber_id": one["id"], "status": "active", "changed_at": now}
                for one in people
            ],
        )
