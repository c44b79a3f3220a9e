from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.classify import Meaning, Stage
from newsletter.delivery.ledger import Claim
from newsletter.delivery.outcome import Outcome
from newsletter.delivery.receipt import DeliveryState, Receipt
from newsletter.delivery.retry import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    MAX_TEXT,
    is_one_too_many,
    next_attempt,
    receipt_for,
)

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
TWO_DAYS = timedelta(days=2)


def seeded(seed: int = 1) -> Random:
    """The same numbers each time."""
    return Random(seed)  # noqa: S311 - spreads retries, guards nothing


def receipt(outcome: Outcome, *, attempts: int = 0, first: datetime | None = None) -> Receipt:
    """The receipt of an attempt that was made now."""
    claim = Claim(
        subscriber_id=1,
        address="reader@example.org",
        name="",
        edition_id=1,
        attempts=attempts,
        first_attempt=first,
    )
    return receipt_for(
        claim, outcome, relay="main", now=NOW, expire_after=TWO_DAYS, random=seeded()
    )


@given(st.integers(1, 10_000), st.integers(0, 2**32))
def test_pauses_grow_to_a_limit_and_never_pass_the_end(attempts: int, seed: int) -> None:
    """Doubled, stretched by up to a half, and the last try stands at the end at latest."""
    again = next_attempt(attempts, NOW, NOW, TWO_DAYS, seeded(seed))
    assert again is not None
    pause = min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE)
    assert pause <= again - NOW <= pause * 1.5


def test_the_last_try_stands_at_the_end() -> None:
    """Not beyond it, so that none expires with time left."""
    first = NOW - TWO_DAYS + timedelta(minutes=1)
    assert next_attempt(9, first, NOW, TWO_DAYS, seeded()) == NOW + timedelta(minutes=1)
    assert next_attempt(9, NOW - TWO_DAYS, NOW, TWO_DAYS, seeded()) is None


@pytest.mark.parametrize(
    ("meaning", "stage", "state"),
    [
        (Meaning.ACCEPTED, Stage.DOT, DeliveryState.ACCEPTED),
        (Meaning.REJECTED, Stage.RCPT, DeliveryState.REJECTED),
        (Meaning.DEFERRED, Stage.RCPT, DeliveryState.DEFERRED),
        (Meaning.POLICY, Stage.DOT, DeliveryState.PENDING),
        (Meaning.RELAY, Stage.MAIL, DeliveryState.DEFERRED),
        (Meaning.BROKEN, Stage.BODY, DeliveryState.DEFERRED),
        (Meaning.BROKEN, Stage.DOT, DeliveryState.UNKNOWN),
    ],
)
def test_what_a_delivery_becomes(meaning: Meaning, stage: Stage, state: DeliveryState) -> None:
    """Lost before the dot is deferred, after the dot unknown; only the deferred come again."""
    kept = receipt(Outcome(stage=stage, meaning=meaning, text="words"))
    assert kept.state is state
    assert (kept.retry_at is not None) is (state is DeliveryState.DEFERRED)


def test_deferred_for_too_long_is_expired() -> None:
    """By the time of the first attempt, however many runs ago."""
    outcome = Outcome(stage=Stage.RCPT, meaning=Meaning.DEFERRED, text="later", code=450)
    assert receipt(outcome, attempts=7, first=NOW - TWO_DAYS).state is DeliveryState.EXPIRED


def test_a_relays_speech_is_clipped() -> None:
    """The books keep its beginning."""
    outcome = Outcome(stage=Stage.DOT, meaning=Meaning.ACCEPTED, text="x" * 5000)
    assert len(receipt(outcome).text) == MAX_TEXT


@pytest.mark.parametrize(
    ("meaning", "stage", "text", "others", "is_surplus"),
    [
        (Meaning.RELAY, Stage.CONNECT, "Service not available", 2, True),
        (Meaning.POLICY, Stage.AUTH, "Authentication failed", 1, True),
        (Meaning.RELAY, Stage.DOT, "Concurrent connections limit exceeded", 1, True),
        (Meaning.RELAY, Stage.DOT, "Concurrent connections limit exceeded", 0, False),
        (Meaning.RELAY, Stage.CONNECT, "Service not available", 0, False),
        (Meaning.RELAY, Stage.MAIL, "Not now", 2, False),
        (Meaning.ACCEPTED, Stage.DOT, "queued, too many connections", 2, False),
        (Meaning.BROKEN, Stage.DOT, "what? too many connections", 2, False),
    ],
)
def test_a_connection_is_one_too_many_only_beside_others(
    meaning: Meaning, stage: Stage, text: str, others: int, *, is_surplus: bool
) -> None:
    """As long as others send, a connection that is not admitted says nothing about the relay."""
    outcome = Outcome(meaning=meaning, stage=stage, code=421, text=text)
    assert is_one_too_many(outcome, others=others) is is_surplus
