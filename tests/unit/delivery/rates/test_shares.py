from __future__ import annotations

from collections import Counter

import pytest

from newsletter.delivery.rates.shares import STUCK, Shares


def take_turns(shares: Shares, relays: list[str], turns: int, *, now: float = 0) -> Counter[str]:
    """Relays that would all take at once, in that order; who took how many."""
    taken: Counter[str] = Counter()
    for _ in range(turns):
        for relay in relays:
            if shares.may_take(relay, now):
                shares.took(relay, now)
                taken[relay] += 1
    return taken


def test_each_takes_its_share() -> None:
    """Three to one, regardless of who asks first."""
    taken = take_turns(Shares({"a": 1, "b": 3}, 0), ["a", "b"], 4000)
    assert taken["b"] / taken["a"] == pytest.approx(3, rel=0.05)


def test_without_weights_nobody_waits() -> None:
    """As fast as each can."""
    assert take_turns(Shares({"a": None, "b": None}, 0), ["a", "b"], 10) == {"a": 10, "b": 10}


def test_one_without_a_weight_beside_others_counts_one() -> None:
    """Equal shares."""
    taken = take_turns(Shares({"a": None, "b": 1}, 0), ["a"], 1000)
    assert taken["a"] < 50


def test_a_spare_works_only_when_the_others_cannot() -> None:
    """Weight 0; and it stops when they are back."""
    shares = Shares({"main": 1, "spare": 0}, 0)
    assert not shares.may_take("spare", 0)
    shares.set_able("main", able=False, now=0)
    assert shares.may_take("spare", 0)
    shares.set_able("main", able=True, now=0)
    assert not shares.may_take("spare", 0)


def test_nobody_waits_for_one_that_is_stuck_or_down() -> None:
    """And who comes back has nothing to catch up on."""
    shares = Shares({"a": 1, "b": 1}, 0)
    assert take_turns(shares, ["a"], 1000)["a"] < 50
    assert take_turns(shares, ["a"], 1000, now=STUCK + 1)["a"] == 1000
    shares.set_able("b", able=False, now=STUCK + 1)
    shares.set_able("b", able=True, now=STUCK + 1)
    taken = take_turns(shares, ["b", "a"], 1000, now=STUCK + 1)
    assert abs(taken["a"] - taken["b"]) < 50
