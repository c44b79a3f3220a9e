from __future__ import annotations

from newsletter.config.sender import parse_rate
from newsletter.config.settings import RelaySettings
from newsletter.delivery.rates.claim_size import EACH_CONNECTION, MOST, ClaimSize


def relay(**changes: object) -> RelaySettings:
    """A relay with 8 connections and no limit, or what `changes` make of it."""
    values: dict[str, object] = {"name": "main", "host": "127.0.0.1", "connections": 8}
    return RelaySettings(**{**values, **changes})  # type: ignore[arg-type]  # any field


def test_the_first_claim_is_small() -> None:
    """Nobody knows yet how fast it goes; others may want a share of a short list."""
    assert ClaimSize([relay(), relay()]).next(now=100.0) == 16 * EACH_CONNECTION


def test_a_claim_follows_the_pace() -> None:
    """What went in a second halves or doubles the next claim; it stays within its bounds."""
    size = ClaimSize([relay()])
    size.claimed(100, now=10.0)
    assert size.next(now=10.25) == 200
    assert size.next(now=10.5) == 100
    assert size.next(now=10.0) == MOST
    assert size.next(now=1000.0) == 8 * EACH_CONNECTION


def test_with_limited_rates_no_more_is_claimed_than_soon_goes() -> None:
    """Two seconds' worth, of all relays together; one without a limit lifts it."""
    slow = relay(rate=parse_rate("3/s"))
    size = ClaimSize([slow, relay(rate=parse_rate("1/h"))])
    assert size.next(now=0.0) == 6
    size.claimed(2, now=0.0)
    assert size.next(now=0.001) == size.next(now=60.0) == 6
    assert ClaimSize([slow, relay()]).next(now=0.0) == 64
