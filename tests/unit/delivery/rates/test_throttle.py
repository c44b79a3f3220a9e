from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.config.sender import MessageRate
from newsletter.delivery.rates.throttle import TOGETHER, WHOLE_RELAY, Meter, Throttle, TokenBucket


@given(st.integers(1, 500), st.sampled_from([1, 60, 3600]), st.lists(st.floats(0, 2), max_size=200))
def test_never_more_than_the_rate_and_one_seconds_burst(
    messages: int, seconds: int, pauses: list[float]
) -> None:
    """However the senders come and go."""
    rate = MessageRate(messages=messages, seconds=seconds)
    bucket, now, sent = TokenBucket(rate, 0.0), 0.0, 0
    for pause in pauses:
        now += pause
        if not bucket.wait(now):
            sent += bucket.grant(1, now)
    assert sent <= now * rate.per_second + max(1.0, rate.per_second) + 1e-3


def test_who_waits_as_long_as_told_may_go() -> None:
    """No second, shorter wait follows."""
    bucket = TokenBucket(MessageRate(messages=7, seconds=60), 100.0)
    assert bucket.grant(1, 100.0) == 1
    seconds = bucket.wait(100.0)
    assert seconds > 8
    assert bucket.wait(100.0 + seconds) == 0


def test_what_is_given_back_may_go_after_all() -> None:
    """But no more than one second's worth is ever kept."""
    bucket = TokenBucket(MessageRate(messages=5, seconds=1), 0.0)
    assert bucket.grant(9, 0.0) == 5
    assert bucket.grant(9, 0.0) == 0
    bucket.give_back(2, 0.0)
    assert bucket.grant(9, 0.0) == 2
    bucket.give_back(50, 0.0)
    assert bucket.grant(50, 0.0) == 5


def test_a_complaint_halves_and_quiet_lets_it_grow_to_what_is_configured() -> None:
    """Complaints that come together are one; a further one halves again."""
    bucket = TokenBucket(MessageRate(messages=40, seconds=1), 0.0)
    bucket.slow_down(10.0)
    bucket.slow_down(11.0)
    assert bucket.per_second(12.0) == 20
    bucket.slow_down(10.0 + TOGETHER)
    assert bucket.per_second(14.0) == 10
    later = [bucket.per_second(14.0 + seconds) for seconds in range(0, 300, 10)]
    assert later == sorted(later)
    assert later[-1] == 40


def test_a_domain_without_a_limit_gets_one_until_it_is_quiet() -> None:
    """Half of the rate at which it complained; gone when twice that rate brought no complaint."""
    meter = Meter(0.0)
    for count in range(100):
        meter.passed("Big.example", count / 20)
    throttle = Throttle(None, {}, 0.0)
    throttle.slow_down("big.example", 5.0, meter.per_second("big.example", 5.0))
    assert throttle.wait("big.example", 5.0) > 0
    assert throttle.limited == {"big.example"}
    throttle.drop_ineffective(5.0 + 600)
    assert not throttle.limited


def test_a_restart_brings_no_burst() -> None:
    """What was used up is used up, what was halved is halved, by the time that went by."""
    rate = MessageRate(messages=10, seconds=1)
    before = Throttle(rate, {"slow.example": rate}, 0.0)
    before.grant("slow.example", 10, 0.0)
    before.slow_down("slow.example", 0.0)
    before.slow_down("new.example", 0.0)
    after = Throttle(rate, {"slow.example": rate}, 500.0)
    after.restore(before.standings(0.0), 500.0, ago=0.0)
    assert after.wait("slow.example", 500.0) == before.wait("slow.example", 0.0) > 0
    assert after.wait("new.example", 500.0) > 0
    later = Throttle(rate, {"slow.example": rate}, 500.0)
    later.restore(before.standings(0.0), 500.0, ago=3600.0)
    assert later.wait("slow.example", 500.0) == 0


def test_a_relay_that_is_no_longer_limited_is_not_limited_by_its_past() -> None:
    """What was configured is not restored; what a server asked for is."""
    before = Throttle(MessageRate(messages=1, seconds=3600), {}, 0.0)
    before.grant(WHOLE_RELAY, 1, 0.0)
    after = Throttle(None, {}, 0.0)
    after.restore(before.standings(0.0), 0.0, ago=0.0)
    assert not after.limited
