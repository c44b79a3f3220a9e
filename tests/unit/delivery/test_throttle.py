from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.config.sender import MessageRate
from newsletter.delivery.throttle import Throttle, TokenBucket


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
            bucket.take(now)
            sent += 1
    assert sent <= now * rate.per_second + max(1.0, rate.per_second) + 1e-3


def test_who_waits_as_long_as_told_may_go() -> None:
    """No second, shorter wait follows."""
    bucket = TokenBucket(MessageRate(messages=7, seconds=60), 100.0)
    bucket.take(100.0)
    seconds = bucket.wait(100.0)
    assert seconds > 8
    assert bucket.wait(100.0 + seconds) == 0


def test_a_domain_has_its_own_limit_within_the_relays() -> None:
    """The slower of the two counts; other domains wait for the relay alone."""
    one = MessageRate(messages=1, seconds=1)
    throttle = Throttle(MessageRate(messages=3, seconds=1), {"Slow.example": one}, 0.0)
    throttle.take("slow.example", 0.0)
    assert throttle.wait("SLOW.example", 0.0) == 1
    assert throttle.wait("example.org", 0.0) == 0
    throttle.take("example.org", 0.0)
    throttle.take("example.org", 0.0)
    assert 0 < throttle.wait("example.org", 0.0) < 1
    assert not throttle.is_open
    assert Throttle(None, {}, 0.0).is_open
