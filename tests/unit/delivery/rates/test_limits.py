"""What senders share of a relay's limits."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from newsletter.config.sender import MessageRate
from newsletter.config.servers import WarmUpSettings
from newsletter.config.settings import RelaySettings
from newsletter.delivery.rates.limits import HELD, SPAN, TODAY, OwnLimitBook, TokenRequest, refill
from newsletter.delivery.rates.throttle import WHOLE_RELAY
from newsletter.delivery.rates.token_reservation import TokenReservation

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
DAY = NOW.date()


def make_relay(**changes: object) -> RelaySettings:
    """A relay with the given limits."""
    return RelaySettings.model_validate({"name": "main", "host": "127.0.0.1", **changes})


def request(*wants: str, day: date = DAY, **unspent: int) -> TokenRequest:
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
    """For any order of requests, and whatever they give back: the rate, and one second's burst."""
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
        kept, grant = refill(relay, back, kept, now)
        held[sender] = grant.tokens[WHOLE_RELAY]
    went_by = (now - NOW).total_seconds()
    most = went_by * rate.per_second + max(1.0, rate.per_second)
    assert sent + sum(held) <= most + 1e-3


def test_a_warm_up_is_shared_to_the_last_message() -> None:
    """What one gives back another may send; the next day begins anew, an old one never."""
    relay = make_relay(warm_up=WarmUpSettings(since=DAY, first_day=25, growth=2))
    kept, first = refill(relay, request(TODAY), None, NOW)
    kept, second = refill(relay, request(TODAY), kept, NOW)
    kept, third = refill(relay, request(TODAY), kept, NOW)
    assert [grant.tokens[TODAY] for grant in (first, second, third)] == [10, 10, 5]
    assert third.waits[TODAY] == SPAN  # the others may not need theirs
    kept, _ = refill(
        relay,
        TokenRequest(unspent={TODAY: 4}, complaints={}, wants=frozenset(), day=DAY),
        kept,
        NOW,
    )
    kept, fourth = refill(relay, request(TODAY), kept, NOW)
    assert fourth.tokens[TODAY] == 4
    kept, _ = refill(relay, request(TODAY, day=DAY + timedelta(days=1)), kept, NOW)
    assert kept.sent == 10
    kept, _ = refill(relay, request(TODAY), kept, NOW)
    assert (kept.day, kept.sent) == (DAY + timedelta(days=1), 20)


def test_a_day_is_over_when_nobody_can_give_anything_back() -> None:
    """Who finds it given out waits while others hold some: until they say that these are spent."""
    relay = make_relay(warm_up=WarmUpSettings(since=DAY, first_day=12, growth=2))
    kept, mine = refill(relay, request(TODAY), None, NOW)
    kept, theirs = refill(relay, request(TODAY), kept, NOW)
    assert (mine.tokens[TODAY], theirs.tokens[TODAY]) == (10, 2)
    spent = TokenRequest(
        unspent={}, complaints={}, wants=frozenset({TODAY}), day=DAY, reserved=mine.tokens[TODAY]
    )
    kept, none_left = refill(relay, spent, kept, NOW)
    assert (none_left.tokens[TODAY], none_left.waits[TODAY]) == (0, SPAN)
    last = TokenRequest(
        unspent={}, complaints={}, wants=frozenset(), day=DAY, reserved=theirs.tokens[TODAY]
    )
    kept, over = refill(relay, last, kept, NOW)
    assert (kept.sent, kept.reserved, over.waits[TODAY]) == (12, 0, math.inf)


def test_a_sender_that_died_holds_up_no_day() -> None:
    """What it held counts as sent, once it has said nothing for long."""
    relay = make_relay(warm_up=WarmUpSettings(since=DAY, first_day=10, growth=2))
    kept, _ = refill(relay, request(TODAY), None, NOW)
    kept, soon = refill(relay, request(TODAY), kept, NOW + timedelta(seconds=HELD - 1))
    assert soon.waits[TODAY] == SPAN
    kept, late = refill(relay, request(TODAY), kept, NOW + timedelta(seconds=HELD))
    assert (kept.sent, late.waits[TODAY]) == (10, math.inf)


def test_a_complaint_of_one_slows_all() -> None:
    """The next refill of any other sender is at the halved rate."""
    relay = make_relay(rate="100/s")
    kept, before = refill(relay, request(WHOLE_RELAY), None, NOW)
    complaint = TokenRequest(unspent={}, complaints={WHOLE_RELAY: 0.0}, wants=frozenset(), day=DAY)
    kept, _ = refill(relay, complaint, kept, NOW)
    kept, after = refill(relay, request(WHOLE_RELAY), kept, NOW + timedelta(seconds=1))
    assert (before.tokens[WHOLE_RELAY], after.tokens[WHOLE_RELAY]) == (50, 25)
    assert after.pace[WHOLE_RELAY] == 2 * before.pace[WHOLE_RELAY]


def test_a_reservation_needs_a_token_of_each_limit_a_message_falls_under() -> None:
    """The relay's, and the domain's where it has one; what is left goes back."""
    relay = make_relay(rate="8/s", per_domain={"Slow.example": "4/s"})
    book, reservation = OwnLimitBook(), TokenReservation({WHOLE_RELAY, "slow.example"})
    assert reservation.wait("example.org", 0.0) > 0
    reservation.put(
        book.change("main", lambda *kept: refill(relay, reservation.request(DAY, 0.0), *kept)), 0.0
    )
    for _ in range(2):
        assert reservation.wait("SLOW.example", 0.0) == 0
        reservation.take("SLOW.example")
    assert reservation.wait("slow.example", 0.0) > 0
    assert reservation.wait("example.org", 0.0) == 0
    assert reservation.pace("slow.example") == 0.25
    assert reservation.request(DAY, 0.0).unspent == {WHOLE_RELAY: 2}


def test_a_domain_that_complains_is_limited_at_once() -> None:
    """Before the book has been asked, and also when its answer was already under way."""
    reservation = TokenReservation(())
    assert reservation.is_open
    reservation.slow_down("big.example", 20.0)
    assert reservation.wait("big.example", 0.0) > 0
    assert reservation.wait("other.example", 0.0) == 0
    assert reservation.request(DAY, 0.0).complaints == {"big.example": 20.0}
