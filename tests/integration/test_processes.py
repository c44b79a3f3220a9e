"""Several processes deliver one issue: each reader once, whichever of them dies."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter.delivery.classify import Stage
from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import State
from newsletter.pipeline import processes
from newsletter.pipeline.approve import approve
from newsletter.pipeline.draft import draft
from newsletter.pipeline.gather import gather
from newsletter.pipeline.send import SendOutcome, send
from newsletter.site.site import Site
from tests.factories.runs import HOUR, MONDAY, THURSDAY
from tests.factories.site import make_site, publish
from tests.servers.fast_smtp import FastCatcher, Spoilt, fast_server, slow_at

READERS = tuple(f"reader{number}@example.org" for number in range(900))
CONNECTIONS = 4
"""Of both processes together."""

SEND = (
    "from newsletter.pipeline import processes; processes.MIN_DELIVERIES = 10;"
    "from newsletter.cli.main import main; main()"
)


@pytest.fixture(autouse=True)
def _short_lists_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "MIN_DELIVERIES", 10)


def approved_site(folder: Path, port: int, database: str = "sqlite:///newsletter.db") -> Site:
    """A site whose issue may go out on Monday."""
    site = make_site(
        folder,
        now=THURSDAY,
        port=f"{port}\nconnections = {CONNECTIONS}",
        readers=READERS,
        database=database,
        tables="[sending]\nprocesses = 2\n",
    )
    publish(folder, THURSDAY, THURSDAY + HOUR)
    gather(site, "weekly", now=MONDAY - HOUR)
    draft(site, "weekly", now=MONDAY - HOUR)
    approve(site, "weekly", 1, now=MONDAY - HOUR)
    return site


async def deliver(site: Site) -> SendOutcome:
    """What becomes of the issue on Monday."""
    return await asyncio.to_thread(send, site, "weekly", 1, clock=lambda: MONDAY)


def slow_until_all_are_there(catcher: FastCatcher) -> Callable[[Stage, str], Spoilt | None]:
    """The first process has not sent everything before the second has begun."""
    return lambda stage, _recipient: (
        Spoilt(delay=0.2) if stage is Stage.MAIL and catcher.connections < CONNECTIONS else None
    )


async def test_two_processes_share_an_issue(tmp_path: Path, database_url: str) -> None:
    """Both send, over the relay's connections and no more; every reader is reached once."""
    catcher = FastCatcher()
    catcher.plan = slow_until_all_are_there(catcher)
    async with fast_server(catcher):
        site = await asyncio.to_thread(approved_site, tmp_path, catcher.port, database_url)
        outcome = await deliver(site)
    assert outcome.issue.state is State.SENT
    assert outcome.report is not None
    assert outcome.report.accepted == outcome.counts[DeliveryState.ACCEPTED] == len(READERS)
    assert catcher.copies == dict.fromkeys(READERS, 1)
    assert catcher.connections == CONNECTIONS
    site.database.close()


async def test_what_a_killed_process_held_is_sent_by_the_other(tmp_path: Path) -> None:
    """Nobody is lost or mailed twice; what was on its wires is unknown and nothing else is."""
    catcher = FastCatcher()
    catcher.plan = slow_until_all_are_there(catcher)
    async with fast_server(catcher):
        site = await asyncio.to_thread(approved_site, tmp_path, catcher.port)
        sending = asyncio.create_task(deliver(site))
        while catcher.connections < CONNECTIONS:
            await catcher.has_caught(catcher.messages + 1)
        for process in multiprocessing.active_children():
            process.kill()
        outcome = await sending
    unknown = outcome.counts[DeliveryState.UNKNOWN]
    assert unknown <= CONNECTIONS // 2
    assert outcome.counts[DeliveryState.ACCEPTED] + unknown == len(READERS)
    assert len(READERS) - unknown <= len(catcher.copies) <= len(READERS)
    assert set(catcher.copies.values()) == {1}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_none_goes_on_alone(tmp_path: Path, number: signal.Signals) -> None:
    """When the process that began is ended, the others end too, and a further send ends it all."""
    catcher = FastCatcher(plan=slow_at(Stage.MAIL, 0.1))
    async with fast_server(catcher):
        site = await asyncio.to_thread(approved_site, tmp_path, catcher.port)
        sender = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", SEND, "-C", str(tmp_path)),
            *("send", "weekly/1", "--processes", "2", "--now", MONDAY.isoformat()),
            env={k: v for k, v in os.environ.items() if not k.startswith("NEWSLETTER__")},
        )
        while catcher.connections < CONNECTIONS:
            await catcher.has_caught(catcher.messages + 1)
        sender.send_signal(number)
        async with asyncio.timeout(10):
            await sender.wait()
            await catcher.is_left()
        assert 0 < catcher.messages < len(READERS)
        catcher.plan = lambda _stage, _recipient: None
        outcome = await deliver(site)
    unknown = outcome.counts[DeliveryState.UNKNOWN]
    assert unknown <= (CONNECTIONS if number is signal.SIGKILL else 0)
    assert outcome.counts[DeliveryState.ACCEPTED] + unknown == len(READERS)
    assert set(catcher.copies.values()) == {1}
