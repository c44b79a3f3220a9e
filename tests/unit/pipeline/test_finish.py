from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import State
from newsletter.pipeline.send import finish
from newsletter.store.database import Database
from newsletter.store.issues import issue_numbered
from newsletter.store.ledger import SqlLedger
from subscribers.audience import audience
from tests.factories.ledger import LIST, NOW, decide, make_receipt, planned_ledger


def state_after(database: Database, ledger: SqlLedger) -> State:
    """Of the planted issue, when a sender that has done its part would close it."""
    site: Any = SimpleNamespace(database=database)  # all that is asked of one
    with database.transaction(read_only=True) as connection:
        issue = issue_numbered(connection, 1)
    return finish(site, issue, ledger, NOW).state


def test_an_issue_is_closed_when_its_sum_is_right(database: Database) -> None:
    """Not before; closing it twice is once."""
    ledger = planned_ledger(database, readers=1)
    assert state_after(database, ledger) is State.SENDING
    with ledger.on_duty():
        ledger.claim(1, NOW)
        ledger.write(receipts=[make_receipt(1)], intents=[])
    assert state_after(database, ledger) is State.SENT
    assert state_after(database, ledger) is State.SENT


def test_who_is_late_to_close_it_sees_what_was_decided_meanwhile(database: Database) -> None:
    """Between a sender's sum and its closing an operator has the unknown sent again."""

    class SlowLedger(SqlLedger):
        def is_conserved(self, audience: int) -> bool:
            was = super().is_conserved(audience)
            decide(database, "resend")
            return was

    planned_ledger(database, readers=1)
    ledger = SlowLedger(database, 1, partial(audience, LIST))
    with ledger.on_duty():
        ledger.claim(1, NOW)
        ledger.write(receipts=[make_receipt(1, state=DeliveryState.UNKNOWN)], intents=[])
    assert state_after(database, ledger) is State.SENDING
    assert ledger.counts()[DeliveryState.PENDING] == 1
