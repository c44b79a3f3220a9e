"""An unforeseen exception anywhere in a send: what has not reached its dot is sent by the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from newsletter.delivery.claim_queue import ClaimQueue
from newsletter.delivery.claim_source import ClaimSource
from newsletter.delivery.connection_worker import ConnectionWorker
from newsletter.delivery.ledger_writer import LedgerWriter
from newsletter.delivery.message_preparer import MessagePreparer
from newsletter.delivery.receipt import DeliveryState
from newsletter.delivery.relay_session import RelaySession
from newsletter.delivery.settlement import Settlement
from newsletter.delivery.transport import Connection
from newsletter.store.database import Database
from tests.factories.ledger import NOW, address_of, ledger_on, plant_issue, states_of
from tests.factories.sending import send
from tests.servers.fast_smtp import FastCatcher, fast_server

S = DeliveryState
READERS = 24

AWAITED = [
    (RelaySession, "rest"),
    (RelaySession, "connect"),
    (ClaimQueue, "take"),
    (ClaimSource, "claim_more"),
    (Connection, "opened"),
    (Connection, "push"),
    (Connection, "finish"),
    (Connection, "quit"),
    (ConnectionWorker, "_connected"),
    (ConnectionWorker, "_transact"),
]
CALLED = [
    (Connection, "offer"),
    (LedgerWriter, "intend"),
    (LedgerWriter, "keep"),
    (MessagePreparer, "make"),
    (MessagePreparer, "next"),
    (MessagePreparer, "make_ahead"),
    (ConnectionWorker, "_address"),
    (Settlement, "settle"),
]


class UnforeseenError(Exception):
    """What nobody has thought of."""


def plant(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str, *, at: int, is_after: bool
) -> None:
    """Let the call with that number fail, before it does anything or after it has."""
    real: Callable[..., Any] = getattr(owner, name)
    calls = iter(range(1, 10_000))

    async def awaited(*given: Any, **named: Any) -> Any:
        number = next(calls)
        if number == at and not is_after:
            raise UnforeseenError
        answer = await real(*given, **named)
        if number == at:
            raise UnforeseenError
        return answer

    def called(*given: Any, **named: Any) -> Any:
        number = next(calls)
        if number == at and not is_after:
            raise UnforeseenError
        answer = real(*given, **named)
        if number == at:
            raise UnforeseenError
        return answer

    monkeypatch.setattr(owner, name, awaited if (owner, name) in AWAITED else called)


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("owner", "name"), AWAITED + CALLED)
async def test_what_did_not_reach_its_dot_is_not_unknown(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    name: str,
    is_after: bool,
) -> None:
    """Unknown is only who has a copy; everybody else gets one from the next send, and one only."""
    issue = plant_issue(database, [address_of(number) for number in range(1, READERS + 1)])
    ledger = ledger_on(database, issue)
    ledger.plan({}, issue.edition_id, NOW)
    async with fast_server(FastCatcher()) as catcher:
        relay = catcher.relay(connections=2, messages_per_connection=3)
        with monkeypatch.context() as planted:
            plant(planted, owner, name, at=1 if name == "claim_more" else 2, is_after=is_after)
            with pytest.raises(UnforeseenError):
                await send(ledger, relay)
        heir = ledger_on(database, issue)
        heir.recover(NOW)
        unknown = {n for n, state in states_of(database).items() if state is S.UNKNOWN}
        assert {address_of(number) for number in unknown} <= set(catcher.copies)
        assert len(unknown) <= 2
        await send(heir, relay)
    assert catcher.copies == {address_of(number): 1 for number in range(1, READERS + 1)}
    assert heir.is_conserved(READERS)


async def test_a_message_that_cannot_be_made_for_a_reason_unforeseen_is_not_unknown(
    database: Database,
) -> None:
    """Nor is anybody else's."""

    def fail(_claim: object) -> bytes:
        raise UnforeseenError

    issue = plant_issue(database, [address_of(number) for number in range(1, READERS + 1)])
    ledger = ledger_on(database, issue)
    ledger.plan({}, issue.edition_id, NOW)
    async with fast_server(FastCatcher()) as catcher:
        with pytest.raises(UnforeseenError):
            await send(ledger, catcher.relay(), compose=fail)
        with pytest.raises(UnforeseenError):
            await send(ledger, catcher.relay(), envelope_sender=fail)
    assert set(states_of(database).values()) == {S.PENDING}
