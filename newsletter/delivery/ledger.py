"""The ledger as the sender uses it; store/ledger implements it in the database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from newsletter.delivery.receipt import Receipt
from subscribers.subscriber import MailFormat


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """One reader's delivery that this sender has claimed.

    The reader's personal links made before `links_since` no longer work.
    `form` is how the reader wants the mail to be made.
    `attempts` counts the previous attempts and `first_attempt` is the time of the first of them,
    None if there was none. `was_refused_by_policy`: one of them paused a run.
    """

    subscriber_id: int
    address: str
    name: str
    edition_id: int
    attempts: int
    first_attempt: datetime | None = None
    was_refused_by_policy: bool = False
    links_since: datetime | None = None
    form: MailFormat = MailFormat.HTML


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    """The result of one claim: deliveries to make, and how many readers had left meanwhile."""

    claims: tuple[Claim, ...]
    suppressed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Recovery:
    """How many deliveries of dead senders can be sent again, and how many became unknown."""

    released: int
    unknown: int


Within = tuple[int, int]
"""The first and the last subscriber's id of a batch."""


class Ledger(Protocol):
    """One issue's deliveries. Each call is one transaction, durable when it returns.

    For one thread at a time, except that `write` may run beside any other call.
    """

    @property
    def writes_at_once(self) -> bool:
        """Whether `write` only waits for the disk, which takes less time than using a thread."""

    def on_duty(self) -> AbstractContextManager[None]:
        """While entered, this ledger may claim, and others see that its sender is alive."""

    def claim(self, limit: int, now: datetime) -> Claimed:
        """Claim up to `limit` deliveries that are pending, or deferred and due at `now`."""

    def write(self, *, receipts: Sequence[Receipt], intents: Sequence[int]) -> frozenset[int]:
        """Record receipts, then make `intents` (subscriber ids) transmitting (rule 3).

        Returns the intents that are now transmitting: a row that another sender has meanwhile
        recovered is no longer ours, and its final dot must not be written.
        """

    def post(self) -> None:
        """Make what was written visible to others; until then it may be in our own journal."""

    def release(self, subscriber_ids: Collection[int]) -> None:
        """Give back deliveries that were claimed and not sent."""

    def postpone(self, subscriber_ids: Collection[int], until: datetime) -> None:
        """Give back deliveries that were not sent, not to be claimed before `until`."""

    def bring_forward(self) -> None:
        """Make postponed deliveries claimable: their limits belonged to an earlier run."""

    def recover(self, now: datetime) -> Recovery:
        """Recover the deliveries that dead senders left claimed or transmitting."""

    def next_retry(self) -> datetime | None:
        """When the earliest deferred delivery may be retried."""


class RangedLedger(Ledger, Protocol):
    """A ledger that can claim within one batch."""

    def claim(self, limit: int, now: datetime, within: Within | None = None) -> Claimed:
        """Claim up to `limit` such deliveries, of the batch `within` only where it is given."""
