"""The ledger beside what the server received: who was lost, who got two, whose fate is unknown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from newsletter.delivery.receipt import FINAL_STATES, DeliveryState
from newsletter.store.database import Database
from tests.factories.ledger import address_of, states_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Readers counted.

    `lost`: booked as accepted, nothing came. `unbooked`: a copy came, and the books would send
    another. `repeated`: copies beyond the first. `open`: deliveries that have not come to an end.
    """

    readers: int
    accepted: int
    unknown: int
    lost: int
    unbooked: int
    repeated: int
    open: int

    @property
    def is_honest(self) -> bool:
        """Nobody lost, nobody twice, and the sum is right."""
        return not (self.lost or self.unbooked or self.repeated or self.open)


def compare(database: Database, copies: Counter[str]) -> Comparison:
    """Set every delivery beside the copies that came."""
    states = states_of(database)
    arrived = {number: copies[address_of(number)] for number in states}
    settled = {DeliveryState.ACCEPTED, DeliveryState.UNKNOWN}
    return Comparison(
        readers=len(states),
        accepted=sum(state is DeliveryState.ACCEPTED for state in states.values()),
        unknown=sum(state is DeliveryState.UNKNOWN for state in states.values()),
        lost=sum(
            state is DeliveryState.ACCEPTED and not arrived[number]
            for number, state in states.items()
        ),
        unbooked=sum(
            state not in settled and arrived[number] > 0 for number, state in states.items()
        ),
        repeated=sum(count - 1 for count in arrived.values() if count > 1),
        open=sum(state not in FINAL_STATES for state in states.values()),
    )
