"""The states of a delivery, and the receipt of one attempt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DeliveryState(StrEnum):
    """The state of one (issue, subscriber) in the ledger."""

    PENDING = "pending"  # planned, and claimed by no sender
    CLAIMED = "claimed"  # claimed by a sender, and not yet transmitted
    TRANSMITTING = "transmitting"  # durable before the final dot of DATA (rule 3)
    ACCEPTED = "accepted"  # a relay answered 2xx to the dot
    DEFERRED = "deferred"  # a relay said "later" (4xx), or the connection broke before the dot
    REJECTED = "rejected"  # a relay said "never" (5xx)
    UNKNOWN = "unknown"  # the connection or the sender died between dot and reply
    SUPPRESSED = "suppressed"  # no longer a recipient when it was claimed (rule 1)
    EXPIRED = "expired"  # deferred for longer than the site allows


FINAL_STATES = frozenset(
    {
        DeliveryState.ACCEPTED,
        DeliveryState.REJECTED,
        DeliveryState.SUPPRESSED,
        DeliveryState.UNKNOWN,
        DeliveryState.EXPIRED,
    }
)
"""The states whose sum must equal the audience before an issue is sent (rule 2)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """The result of one attempt.

    `code` is the SMTP reply code (0 when there was no reply), `enhanced` its RFC 3463 status
    or "". `state` is the delivery's new state; `retry_at` is the next attempt of a deferred one.
    """

    subscriber_id: int
    state: DeliveryState
    at: datetime
    relay: str
    code: int = 0
    enhanced: str = ""
    text: str = ""
    retry_at: datetime | None = None
