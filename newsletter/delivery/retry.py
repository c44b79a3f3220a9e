"""The state of a delivery after an attempt, and when it is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from newsletter.delivery.classify import (
    ABOUT_ONE_MESSAGE,
    BEFORE_A_MESSAGE,
    CLOSING,
    Meaning,
    Stage,
)
from newsletter.delivery.ledger import Claim
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.receipt import DeliveryState, Receipt
from subscribers.blame.judge import says_connections_are_full, says_session_is_full

FIRST_PAUSE = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(hours=2)
MAX_TEXT = 500
"""Characters of a relay's reply that are recorded."""


def next_attempt(
    attempts: int,
    first_attempt: datetime,
    now: datetime,
    expire_after: timedelta,
    random: Random,
) -> datetime | None:
    """When to try again after `attempts` attempts, the last at `now`; None if it has expired.

    Pauses double from FIRST_PAUSE to LONGEST_PAUSE (RFC 5321 section 4.5.4.1). Each is lengthened
    by up to a half, so that deliveries deferred together are not retried together. The last
    attempt is at the very end of `expire_after`.
    """
    end = first_attempt + expire_after
    if now >= end:
        return None
    doublings = min(attempts - 1, 16)
    pause = min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)
    return min(now + pause * (1 + random.random() / 2), end)


def receipt_for(
    claim: Claim,
    outcome: Outcome,
    *,
    relay: str,
    now: datetime,
    expire_after: timedelta,
    random: Random,
) -> Receipt:
    """The receipt of one attempt."""
    state = _state_after(claim, outcome)
    retry_at = None
    if state is DeliveryState.DEFERRED:
        retry_at = next_attempt(
            claim.attempts + 1, claim.first_attempt or now, now, expire_after, random
        )
        state = DeliveryState.EXPIRED if retry_at is None else state
    return Receipt(
        subscriber_id=claim.subscriber_id,
        state=state,
        at=now,
        relay=relay,
        code=outcome.code,
        enhanced=outcome.enhanced,
        text=outcome.text[:MAX_TEXT],
        retry_at=retry_at,
    )


def pauses_the_run(claim: Claim, outcome: Outcome) -> bool:
    """Whether a person has to act before anything more is sent.

    A reader whose server always refuses us pauses one run, not every run: after that, the delivery
    is only tried again like any deferred one. If we are refused in general, the next reader's
    refusal pauses the run.
    """
    if outcome.meaning is not Meaning.POLICY:
        return False
    return outcome.stage not in ABOUT_ONE_MESSAGE or not claim.was_refused_by_policy


def may_go_on_anew(outcome: Outcome) -> bool:
    """Whether only this connection, which has carried mail, has ended, and a new one may continue."""
    return outcome.code in (0, CLOSING) or limits_the_session(outcome)


def limits_the_session(outcome: Outcome) -> bool:
    """Whether the relay accepts no more on this connection, as many do after some messages.

    Either the words say that, or the next message is deferred before a reader is named.
    """
    if outcome.meaning is not Meaning.RELAY or not outcome.code:
        return False
    is_deferred = outcome.stage is Stage.MAIL and outcome.code != CLOSING
    return is_deferred or says_session_is_full(outcome.text)


def is_one_too_many(outcome: Outcome, *, others: int) -> bool:
    """Whether the relay refuses this connection only because it has enough of ours.

    `others` is how many further connections are open. While there are any, a connection that
    is not admitted says nothing about the relay.
    """
    if not others:
        return False
    if outcome.stage in BEFORE_A_MESSAGE:
        return True
    return outcome.meaning is Meaning.RELAY and says_connections_are_full(outcome.text)


def _state_after(claim: Claim, outcome: Outcome) -> DeliveryState:
    match outcome.meaning:
        case Meaning.ACCEPTED:
            return DeliveryState.ACCEPTED
        case Meaning.REJECTED:
            return DeliveryState.REJECTED
        case Meaning.POLICY if pauses_the_run(claim, outcome):
            return DeliveryState.PENDING
        case Meaning.BROKEN if outcome.stage is Stage.DOT:
            return DeliveryState.UNKNOWN
        case _:
            return DeliveryState.DEFERRED
