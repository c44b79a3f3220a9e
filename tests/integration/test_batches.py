"""One run of a node, fed by batches."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from newsletter.delivery.batches import Batches
from newsletter.delivery.classify import Stage
from newsletter.delivery.ledger import Within
from newsletter.delivery.receipt import DeliveryState
from newsletter.store.database import Database
from newsletter.store.ledger import SqlLedger, open_ranges
from tests.factories.ledger import (
    NOW,
    address_of,
    ledger_on,
    planned_ledger,
    plant_issue,
    states_of,
)
from tests.factories.nodes import until
from tests.factories.sending import send
from tests.servers.fast_smtp import FastCatcher, fast_server, slow_at

S = DeliveryState


def ranges(database: Database, issue_id: int, largest: int, now: datetime = NOW) -> list[Within]:
    """What is open, cut."""
    with database.transaction(read_only=True) as connection:
        return open_ranges(connection, issue_id, now, largest=largest, smallest=1, parts=1)


def planned(database: Database, addresses: Sequence[str]) -> tuple[SqlLedger, int]:
    """A ledger of a new issue to them, and the issue's id."""
    issue = plant_issue(database, addresses)
    ledger = ledger_on(database, issue)
    ledger.plan({}, issue.edition_id, NOW)
    return ledger, issue.issue_id


async def test_a_run_sends_its_batches_and_nothing_else(database: Database) -> None:
    """Over connections that outlive them, until it is told that none will come."""
    ledger, issue_id = planned(database, [address_of(number) for number in range(1, 101)])
    first, second, *_rest = ranges(database, issue_id, 25)
    batches = Batches(ledger)
    async with fast_server(FastCatcher()) as catcher:
        run = asyncio.create_task(send(batches, catcher.relay(connections=2), incoming=batches))
        assert await batches.send(first)
        assert catcher.messages == 25
        assert await batches.send(second)
        assert not run.done()
        batches.close()
        report = await run
        assert not await batches.send((51, 75))
    assert (report.accepted, catcher.messages, catcher.connections) == (50, 50, 2)
    assert {number for number, state in states_of(database).items() if state is S.ACCEPTED} == {
        *range(1, 51)
    }


async def test_a_stop_gives_a_batch_back(database: Database) -> None:
    """Its sender learns so; the rows are free."""
    slow = FastCatcher(plan=slow_at(Stage.DOT, 0.05))
    ledger, stop = planned_ledger(database, readers=200), asyncio.Event()
    batches = Batches(ledger)
    async with fast_server(slow) as catcher:
        relay = catcher.relay(connections=1)
        run = asyncio.create_task(send(batches, relay, incoming=batches, stop=stop))
        batch = asyncio.create_task(batches.send((1, 200)))
        await catcher.has_caught(3)
        stop.set()
        await run
        batches.abandon()
        assert not await batch
    states = [*states_of(database).values()]
    assert states.count(S.ACCEPTED) + states.count(S.PENDING) == 200
    assert states.count(S.ACCEPTED) == catcher.messages


async def test_a_limited_domain_holds_up_no_batch(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each batch all others go at once; what waits in hand goes later, the rest is put off."""
    monkeypatch.setattr("newsletter.delivery.claim_queue.FEWEST_PARKED", 4)
    monkeypatch.setattr("newsletter.delivery.claim_queue.PARKED_SECONDS", 0.1)
    addresses = [
        f"r{n}@slow.example" if n % 3 == 0 else f"r{n}@other.example" for n in range(1, 301)
    ]
    ledger, issue_id = planned(database, addresses)
    batches, stop = Batches(ledger), asyncio.Event()
    async with fast_server(FastCatcher()) as catcher:
        relay = catcher.relay(per_domain={"slow.example": "5/h"})
        run = asyncio.create_task(send(batches, relay, incoming=batches, stop=stop))
        for within in ranges(database, issue_id, 60):
            assert await batches.send(within)
        others = [n for n in range(1, 301) if n % 3]
        await until(lambda: all(states_of(database)[n] is S.ACCEPTED for n in others))
        states = states_of(database)
        assert batches.held == 4
        later = sorted(n for n, state in states.items() if state is S.PENDING)
        assert len(later) > 90
        assert ranges(database, issue_id, 60) == []
        assert ranges(database, issue_id, 500, NOW + timedelta(days=2)) == [(later[0], later[-1])]
        stop.set()
        await run
