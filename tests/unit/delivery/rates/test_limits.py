"""What senders share of a relay's limits."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from newsletter.config.sender import MessageRate
from newsletter.config.servers import WarmUpSettings
from newsletter.config.settings import RelaySettings
from newsletter.delivery.rates.limits import TODAY, OwnLimitBook, TokenRequest, trade
from newsletter.delivery.rates.throttle import WHOLE_RELAY
from newsletter.delivery.rates.token_reservation import TokenReservation

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
DAY = NOW.date()


def make_relay(**changes: object) -> RelaySettings:
    """A relay with the given limits."""
    return RelaySettings.model_validate({"name": "main", "host": "127.0.0.1", **changes})


def order(*wants: str, day: date = DAY, **unspent: int) -> TokenRequest:
    """Asks for tokens and gives some back."""
    return TokenRequest(unspent=unspent, complaints={}, wants=frozenset(wants), day=day)


@given(
    st.integers(1, 400),
    st.sampled_from([1, 3600]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3)), max_size=100),
)
def test_senders_together_keep_to_the_rate(
    messages: int, seconds: int, turns: list[tuple[float, int]]
) -> None:
    """Whoever asks and when, and whatever they give back: the rate, and one second's burst."""
    rate = MessageRate(messages=messages, seconds=seconds)
    relay = make_relay(rate=f"{messages}/{'s' if seconds == 1 else 'h'}")
    kept, now, held, sent = None, NOW, [0, 0, 0, 0], 0
    for pause, sender in turns:
        now += timedelta(seconds=pause)
        spent = held[sender] // 2
        sent += spent
        back = TokenRequest(
            unspent={WHOLE_RELAY: held[sender] - spent},
            complaints={},
            wants=frozenset({WHOLE_RELAY}),
            day=DAY,
        )
        kept, grant = trade(relay, back, kept, now)
        held[sender] = grant.tokens[WHOLE_RELAY]
    went_by = (now - NOW).total_seconds()
    most = went_by * rate.per_second + max(1.0, rate.per_second)
    assert sent + sum(held) <= most + 1e-3


def test_a_warm_up_is_shared_to_the_last_message() -> None:
    """What one gives back another may send; the next day begins anew, an old one never."""
    relay = make_relay(warm_up=WarmUpSettings(since=DAY, first_day=25, growth=2))
    kept, first = trade(relay, order(TODAY), None, NOW)
    kept, second = trade(relay, order(TODAY), kept, NOW)
    kept, third = trade(relay, order(TODAY), kept, NOW)
    assert [grant.tokens[TODAY] for grant in (first, second, third)] == [10, 10, 5]
    assert third.waits[TODAY] == math.inf
    kept, _ = trade(
        relay,
        TokenRequest(unspent={TODAY: 4}, complaints={}, wants=frozenset(), day=DAY),
        kept,
        NOW,
    )
    kept, fourth = trade(relay, order(TODAY), kept, NOW)
    assert fourth.tokens[TODAY] == 4
    kept, _ = trade(relay, order(TODAY, day=DAY + timedelta(days=1)), kept, NOW)
    assert kept.sent == 10
    kept, _ = trade(relay, order(TODAY), kept, NOW)
    assert (kept.day, kept.sent) == (DAY + timedelta(days=1), 20)


def test_a_complaint_of_one_slows_all() -> None:
    """The next trade of any other sender is at the halved rate."""
    relay = make_relay(rate="100/s")
    kept, before = trade(relay, order(WHOLE_RELAY), None, NOW)
    complaint = TokenRequest(unspent={}, complaints={WHOLE_RELAY: 0.0}, wants=frozenset(), day=DAY)
    kept, _ = trade(relay, complaint, kept, NOW)
    kept, after = trade(relay, order(WHOLE_RELAY), kept, NOW + timedelta(seconds=1))
    assert (before.tokens[WHOLE_RELAY], after.tokens[WHOLE_RELAY]) == (50, 25)
    assert after.pace[WHOLE_RELAY] == 2 * before.pace[WHOLE_RELAY]


def test_a_purse_needs_a_token_of_each_limit_a_message_falls_under() -> None:
    """The relay's, and the domain's where it has one; what is left goes back."""
    relay = make_relay(rate="8/s", per_domain={"Slow.example": "4/s"})
    book, purse = OwnLimitBook(), TokenReservation({WHOLE_RELAY, "slow.example"})
    assert purse.wait("example.org", 0.0) > 0
    purse.put(book.change("main", lambda *kept: trade(relay, purse.order(DAY), *kept)), 0.0)
    for _ in range(2):
        assert purse.wait("SLOW.example", 0.0) == 0
        purse.take("SLOW.example")
    assert purse.wait("slow.example", 0.0) > 0
    assert purse.wait("example.org", 0.0) == 0
    assert purse.pace("slow.example") == 0.25
    assert purse.order(DAY).unspent == {WHOLE_RELAY: 2}


def test_a_domain_that_complains_is_limited_at_once() -> None:
    """Before the book has been asked, and also when its answer was already under way."""
    purse = TokenReservation(())
    assert purse.is_open
    purse.slow_down("big.example", 20.0)
    assert purse.wait("big.example", 0.0) > 0
    assert purse.wait("other.example", 0.0) == 0
    assert purse.order(DAY).complaints == {"big.example": 20.0}
