"""How soon a source is checked again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.pace import LATEST, SOONEST, CheckResult, Pace, next_pace
from newsletter.articles.response_headers import fresh_for

NOW = datetime(2026, 3, 8, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
results = st.sampled_from(list(CheckResult))


def after(result: CheckResult, before: Pace | None = None, **said: timedelta) -> Pace:
    """The pace after a check."""
    return next_pace(before or Pace(), result, now=NOW, location="https://example.org/a", **said)


def wait(pace: Pace) -> timedelta:
    """How long until the next check."""
    assert pace.next_check is not None
    return pace.next_check - NOW


def test_what_changes_is_asked_sooner() -> None:
    """New entries halve the interval, none lengthen it, only new entries quarter it."""
    assert after(CheckResult.NEW).interval == HOUR / 2
    assert after(CheckResult.SAME).interval == 1.5 * HOUR
    assert after(CheckResult.REPLACED).interval == HOUR / 4


def test_the_freshness_that_a_source_states_is_obeyed() -> None:
    """Its cache headers and ttl lengthen the wait, to half a day at most."""
    assert wait(after(CheckResult.NEW, fresh_for=3 * HOUR)) >= 2.7 * HOUR
    assert wait(after(CheckResult.NEW, fresh_for=300 * HOUR)) <= 1.1 * LATEST


def test_every_goes_before_both() -> None:
    """The interval in newsletter.toml overrides both."""
    pace = after(CheckResult.SAME, Pace(interval=LATEST), every=2 * HOUR, fresh_for=9 * HOUR)
    assert 1.8 * HOUR <= wait(pace) <= 2.2 * HOUR


def test_failures_are_asked_after_more_and_more_patiently() -> None:
    """The wait doubles with each, to half a day; one success ends it."""
    pace, waits = Pace(interval=SOONEST), []
    for _ in range(8):
        pace = after(CheckResult.FAILED, pace)
        waits.append(wait(pace))
    assert waits == sorted(waits)
    assert waits[0] < HOUR < waits[4]
    assert waits[-1] <= 1.1 * LATEST
    assert after(CheckResult.SAME, pace).failures == 0


@given(st.lists(results, max_size=30), st.text(max_size=30), st.integers(0, 10**7))
def test_a_wait_is_never_shorter_or_longer_than_its_bounds(
    seen: list[CheckResult], location: str, fresh: int
) -> None:
    """Whatever a source did and said, it is asked twice a day and four times an hour at most."""
    pace = Pace()
    for result in seen or [CheckResult.SAME]:
        pace = next_pace(
            pace, result, now=NOW, location=location, fresh_for=timedelta(seconds=fresh)
        )
        assert 0.9 * SOONEST <= wait(pace) <= 1.1 * LATEST


def test_a_pause_that_a_server_asks_for_overrides_all() -> None:
    """No source is checked before the time of its Retry-After."""
    later = NOW + 20 * HOUR
    assert after(CheckResult.FAILED, every=HOUR, not_before=later).next_check == later  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"cache-control": "public, max-age=900"}, 900),
        ({"cache-control": "no-cache, max-age=900"}, 0),
        (
            {"expires": "Sun, 08 Mar 2026 12:10:00 GMT", "date": "Sun, 08 Mar 2026 12:00:00 GMT"},
            600,
        ),
        ({"expires": "0"}, 0),
        ({}, 0),
    ],
)
def test_cache_headers_are_read(headers: dict[str, str], seconds: int) -> None:
    """Cache-Control goes before Expires, and an answer that may not be kept is fresh for no time."""
    assert fresh_for(headers, NOW) == timedelta(seconds=seconds)
