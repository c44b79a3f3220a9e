"""What a relay's limits leave for the next run: kept, so that a restart sends no burst."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from newsletter.delivery.throttle import Standing


@dataclass(frozen=True, kw_only=True, slots=True)
class RelayLimits:
    """One relay at a moment: its throttle, and how many it sent on its current day."""

    relay: str
    at: datetime
    standings: tuple[Standing, ...]
    day: date
    sent: int


class LimitBook(Protocol):
    """Keeps them; each call is one transaction."""

    def load(self) -> list[RelayLimits]:
        """What was saved last, of each relay."""

    def save(self, limits: Collection[RelayLimits]) -> None:
        """Replace what is kept of these relays."""
