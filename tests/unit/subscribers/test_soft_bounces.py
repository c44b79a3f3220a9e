from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.blame.blame import Blame
from subscribers.soft_bounces import ANY, FULL, Patience, SoftBounce, patience_exhausted

FIRST = date(2026, 3, 2)
F, N, U, M = Blame.MAILBOX, Blame.NOW, Blame.UNKNOWN, Blame.MESSAGE


def soft(blames: dict[int, Blame], every: timedelta = timedelta(weeks=1)) -> dict[int, SoftBounce]:
    """Soft bounces by issue number; the issues are `every` apart."""
    return {
        number: SoftBounce(day=FIRST + number * every, blame=blame)
        for number, blame in blames.items()
    }


@pytest.mark.parametrize(
    ("blames", "sent", "exhausted"),
    [
        ({}, (1, 2, 3), None),
        ({1: F, 2: F}, (1, 2), None),
        ({1: F, 2: F, 3: F}, (1, 2, 3), FULL),
        ({1: F, 2: F, 3: F}, (1, 2, 3, 4), FULL),  # the fourth may still come back
        ({1: F, 3: F, 4: F}, (1, 2, 3, 4), None),  # the second came through
        ({1: F, 3: F, 5: F}, (1, 3, 5), FULL),  # the others were not for this reader
        ({1: U, 2: U, 3: U}, (1, 2, 3), None),  # nobody knows why
        ({1: N, 2: N, 3: N, 4: N}, (1, 2, 3, 4), None),  # a server that is down for a month
        (dict.fromkeys(range(1, 6), N), range(1, 6), ANY),
        ({1: U, 2: N, 3: F, 4: F, 5: U}, range(1, 6), ANY),
        ({1: U, 2: U, 3: F, 4: F}, range(1, 5), None),
        ({1: N, 2: N, 3: F, 4: F, 5: F}, range(1, 6), FULL),
        (dict.fromkeys(range(1, 9), M), range(1, 9), None),  # our message is too large
        ({1: F, 2: M, 3: F, 4: F}, (1, 2, 3, 4), None),  # the mailbox answered to the second
    ],
)
def test_a_full_mailbox_exhausts_patience_sooner_than_what_nobody_understands(
    blames: dict[int, Blame], sent: tuple[int, ...], exhausted: Patience | None
) -> None:
    """Consecutive issues of those that went out to the reader."""
    assert patience_exhausted(soft(blames), sent) is exhausted


@pytest.mark.parametrize(("every", "exhausted"), [(1, None), (4, None), (7, FULL), (30, FULL)])
def test_a_daily_list_waits_as_long_as_a_weekly_one(every: int, exhausted: Patience | None) -> None:
    """Three bad days end nothing."""
    bounces = soft({1: F, 2: F, 3: F}, timedelta(days=every))
    assert patience_exhausted(bounces, (1, 2, 3)) is exhausted
    long = soft(dict.fromkeys(range(1, 6), U), timedelta(days=every))
    assert (patience_exhausted(long, range(1, 6)) is ANY) is (exhausted is FULL)


@given(st.dictionaries(st.integers(1, 12), st.sampled_from(Blame)), st.sets(st.integers(1, 12)))
def test_a_success_restarts_the_count(blames: dict[int, Blame], sent: set[int]) -> None:
    """Whenever patience is exhausted, none of the last issues up to the newest bounce came through."""
    exhausted = patience_exhausted(soft(blames), tuple(sent))
    if exhausted is not None:
        row = sorted(number for number in sent if number <= max(blames))[-exhausted.issues :]
        assert set(row) <= {number for number, blame in blames.items() if blame is not M}
