"""What the sender needs of the ledger; store/ledger keeps it in the database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from newsletter.delivery.receipt import Receipt


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """One reader's delivery, ours to send.

    `attempts` counts those made before; `first_attempt` is when the first of them was, None
    when this is the first. `was_refused_by_policy`: one of them paused a run.
    """

    subscriber_id: int
    address: str
    name: str
    edition_id: int
    attempts: int
    first_attempt: datetime | None = None
    was_refused_by_policy: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    """What one claim brought: deliveries to make, and how many readers had left meanwhile."""

    claims: tuple[Claim, ...]
    suppressed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Recovery:
    """What dead senders left behind: given back to be sent, and outcome unknown."""

    released: int
    unknown: int


Within = tuple[int, int]
"""The first and the last subscriber's id of a batch."""


class Ledger(Protocol):
    """One issue's deliveries. Each call is one transaction, durable when it returns.

    For one thread at a time, but that `write` may run beside any other.
    """

    @property
    def writes_at_once(self) -> bool:
        """Whether `write` takes a disk's time alone: less than to have a thread do it."""

    def on_duty(self) -> AbstractContextManager[None]:
        """While entered this ledger may claim, and others see that its sender lives."""

    def claim(self, limit: int, now: datetime) -> Claimed:
        """Take up to `limit` deliveries that are pending, or deferred and due at `now`."""

    def write(self, *, receipts: Sequence[Receipt], intents: Sequence[int]) -> frozenset[int]:
        """Record receipts, then make `intents` (subscriber ids) transmitting (rule 3).

        Returns the intents that are truly so: a row that another sender has meanwhile
        recovered is no longer ours, and its final dot must not be written.
        """

    def post(self) -> None:
        """Let others see what was written; until then it may stand in a journal of our own."""

    def release(self, subscriber_ids: Collection[int]) -> None:
        """Give back what was claimed and not sent."""

    def postpone(self, subscriber_ids: Collection[int], until: datetime) -> None:
        """Give back what was claimed and not sent, not to be claimed before `until`."""

    def bring_forward(self) -> None:
        """Forget what was postponed: a run that begins knows nothing of that one's haste."""

    def recover(self, now: datetime) -> Recovery:
        """Take in what senders that have died left claimed or transmitting."""

    def next_retry(self) -> datetime | None:
        """When the earliest deferred delivery may be tried again."""


class RangedLedger(Ledger, Protocol):
    """A ledger of which one may claim within a batch."""

    def claim(self, limit: int, now: datetime, within: Within | None = None) -> Claimed:
        """Take up to `limit` deliveries that are pending, or deferred and due at `now`."""
