"""Messages are made ahead, in a thread or in the loop; it changes nothing about who gets one."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter

import pytest

from newsletter.delivery.classify import Stage
from newsletter.delivery.ledger import Claim
from newsletter.delivery.receipt import DeliveryState
from newsletter.errors import InputError
from newsletter.store.database import Database
from tests.factories.ledger import address_of, planned_ledger, states_of
from tests.factories.sending import compose, send
from tests.servers.fast_smtp import FastCatcher, Spoilt, fast_server, slow_at

S = DeliveryState
READERS = 60

WAYS = pytest.mark.parametrize("signs_slowly", [True, False], ids=["in a thread", "in the loop"])

far = slow_at(Stage.DATA, 0.01)
"""So that there is time to make messages ahead."""


@pytest.mark.parametrize(("signs_slowly", "thread"), [(True, "preparer"), (False, "MainThread")])
async def test_what_is_signed_slowly_is_made_in_a_thread(
    sqlite_database: Database, signs_slowly: bool, thread: str
) -> None:
    """All but each connection's first; each message is made once."""
    ledger = planned_ledger(sqlite_database, readers=READERS)
    made: Counter[tuple[str, int]] = Counter()

    def compose_and_tell(claim: Claim) -> bytes:
        made[threading.current_thread().name, claim.subscriber_id] += 1
        return compose(claim)

    async with fast_server(FastCatcher(plan=far)) as catcher:
        relay = catcher.relay(connections=2)
        await send(ledger, relay, compose=compose_and_tell, signs_slowly=signs_slowly)
    assert catcher.copies == Counter(address_of(n) for n in range(1, READERS + 1))
    assert sum(made.values()) == READERS
    assert sum(1 for name, _ in made if name == thread) > READERS / 2
    assert "preparer" not in {each.name for each in threading.enumerate()}


@WAYS
async def test_a_message_that_cannot_be_made_ahead_is_its_readers_fault_alone(
    sqlite_database: Database, signs_slowly: bool
) -> None:
    """Each third reader's cannot be made; the others get theirs."""
    ledger = planned_ledger(sqlite_database, readers=READERS)

    def compose_or_not(claim: Claim) -> bytes:
        if claim.subscriber_id % 3 == 0:
            raise InputError("no slot for her name")
        return compose(claim)

    async with fast_server(FastCatcher(plan=far)) as catcher:
        await send(ledger, catcher.relay(), compose=compose_or_not, signs_slowly=signs_slowly)
    assert states_of(sqlite_database) == {
        n: S.ACCEPTED if n % 3 else S.REJECTED for n in range(1, READERS + 1)
    }


@WAYS
async def test_an_error_of_ours_while_making_ahead_ends_the_run(
    sqlite_database: Database, signs_slowly: bool
) -> None:
    """The run raises it and does not hang; a later run sends what is left."""
    ledger = planned_ledger(sqlite_database, readers=READERS)

    def compose_or_break(claim: Claim) -> bytes:
        if claim.subscriber_id == READERS // 2:
            raise RuntimeError("a fault of ours")
        return compose(claim)

    async with fast_server(FastCatcher(plan=far)) as catcher:
        with pytest.raises(RuntimeError, match="a fault of ours"):
            await send(ledger, catcher.relay(), compose=compose_or_break, signs_slowly=signs_slowly)
        await send(ledger, catcher.relay(), signs_slowly=signs_slowly)
    assert set(catcher.copies.values()) == {1}
    assert ledger.counts()[S.ACCEPTED] + ledger.counts()[S.UNKNOWN] == READERS


@WAYS
async def test_what_was_made_for_a_relay_that_fails_goes_by_another(
    sqlite_database: Database, signs_slowly: bool
) -> None:
    """One of two relays refuses us for good after some messages; nobody waits for it."""
    ledger = planned_ledger(sqlite_database, readers=READERS)
    taken = 0

    def refuse(stage: Stage, recipient: str) -> Spoilt | None:
        nonlocal taken
        taken += stage is Stage.MAIL
        if stage is Stage.MAIL and taken > 5:
            return Spoilt(reply="550 5.7.1 Go away")
        return far(stage, recipient)

    async with (
        fast_server(FastCatcher(plan=refuse)) as failing,
        fast_server(FastCatcher(plan=far)) as other,
        asyncio.timeout(20),
    ):
        relays = failing.relay(name="failing"), other.relay(name="other")
        await send(ledger, *relays, signs_slowly=signs_slowly)
    assert failing.copies
    assert failing.copies + other.copies == Counter(address_of(n) for n in range(1, READERS + 1))


@WAYS
async def test_what_was_made_ahead_is_left_for_later_when_the_run_is_stopped(
    sqlite_database: Database, signs_slowly: bool
) -> None:
    """Nothing stays claimed."""
    ledger = planned_ledger(sqlite_database, readers=READERS)
    stop = asyncio.Event()
    async with fast_server(FastCatcher(plan=far)) as catcher:
        sending = asyncio.create_task(
            send(ledger, catcher.relay(), stop=stop, signs_slowly=signs_slowly)
        )
        await catcher.has_caught(10)
        stop.set()
        await sending
    counts = ledger.counts()
    assert counts[S.ACCEPTED] == catcher.messages
    assert counts[S.ACCEPTED] + counts[S.PENDING] == READERS
