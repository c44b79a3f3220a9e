from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import InputError
from newsletter.issues.due import Chosen, due_by_choice, require_choosable
from tests.factories.issues import DUE

HOUR = timedelta(hours=1)
MOMENTS = st.datetimes(min_value=datetime(2025, 1, 1), max_value=datetime(2027, 1, 1)).map(  # noqa: DTZ001 - made aware here
    lambda moment: moment.replace(tzinfo=UTC)
)


@given(scheduled=st.none() | MOMENTS, now=MOMENTS)
def test_without_a_choice_the_schedule_decides(scheduled: datetime | None, now: datetime) -> None:
    """What the schedule says is due is due."""
    assert due_by_choice(scheduled, None, now) == scheduled


@given(scheduled=st.none() | MOMENTS, send_at=MOMENTS, now=MOMENTS)
def test_a_choice_decides_alone(
    scheduled: datetime | None, send_at: datetime, now: datetime
) -> None:
    """Before the chosen time nothing is due, from it on the issue's own due time is."""
    due = due_by_choice(scheduled, Chosen(due=DUE, send_at=send_at), now)
    assert due == (DUE if now >= send_at else None)


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        (DUE - HOUR, False),
        (DUE, True),
        (DUE + HOUR, True),
        (DUE + 24 * HOUR - timedelta(minutes=1), True),
        (DUE + 24 * HOUR, False),
    ],
)
def test_from_this_minute_until_the_next_issue_is_due(moment: datetime, allowed: bool) -> None:
    """A form knows minutes: the one that has begun may still be chosen."""
    now = DUE + timedelta(seconds=59)
    if allowed:
        require_choosable(moment, now=now, following=DUE + 24 * HOUR)
        return
    with pytest.raises(InputError) as refused:
        require_choosable(moment, now=now, following=DUE + 24 * HOUR)
    assert refused.value.problem.field == "send_at"
