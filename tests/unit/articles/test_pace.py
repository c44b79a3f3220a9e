"""How soon a source is looked at again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.fetch import fresh_for
from newsletter.articles.pace import LATEST, SOONEST, Look, Pace, next_pace

NOW = datetime(2026, 3, 8, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
looks = st.sampled_from(list(Look))


def after(look: Look, before: Pace | None = None, **said: timedelta) -> Pace:
    """The pace after a look."""
    return next_pace(before or Pace(), look, now=NOW, location="https://example.org/a", **said)


def wait(pace: Pace) -> timedelta:
    """How long until the next look."""
    assert pace.next_look is not None
    return pace.next_look - NOW


def test_what_changes_is_asked_sooner() -> None:
    """New entries halve the interval, none lengthens it, a turn-over quarters it."""
    assert after(Look.NEW).interval == HOUR / 2
    assert after(Look.SAME).interval == 1.5 * HOUR
    assert after(Look.TURNED_OVER).interval == HOUR / 4


def test_what_a_source_says_of_itself_is_heeded() -> None:
    """Its cache headers and ttl lengthen the wait, to half a day at most."""
    assert wait(after(Look.NEW, fresh_for=3 * HOUR)) >= 2.7 * HOUR
    assert wait(after(Look.NEW, fresh_for=300 * HOUR)) <= 1.1 * LATEST


def test_every_goes_before_both() -> None:
    """What newsletter.toml wants is done."""
    pace = after(Look.SAME, Pace(interval=LATEST), every=2 * HOUR, fresh_for=9 * HOUR)
    assert 1.8 * HOUR <= wait(pace) <= 2.2 * HOUR


def test_failures_are_asked_after_more_and_more_patiently() -> None:
    """The wait doubles with each, to half a day; one success ends it."""
    pace, waits = Pace(interval=SOONEST), []
    for _ in range(8):
        pace = after(Look.FAILED, pace)
        waits.append(wait(pace))
    assert waits == sorted(waits)
    assert waits[0] < HOUR < waits[4]
    assert waits[-1] <= 1.1 * LATEST
    assert after(Look.SAME, pace).failures == 0


@given(st.lists(looks, max_size=30), st.text(max_size=30), st.integers(0, 10**7))
def test_a_wait_is_never_shorter_or_longer_than_its_bounds(
    seen: list[Look], location: str, fresh: int
) -> None:
    """Whatever a source did and said, it is asked twice a day and four times an hour at most."""
    pace = Pace()
    for look in seen or [Look.SAME]:
        pace = next_pace(pace, look, now=NOW, location=location, fresh_for=timedelta(seconds=fresh))
        assert 0.9 * SOONEST <= wait(pace) <= 1.1 * LATEST


def test_a_server_s_wish_for_a_pause_goes_before_all() -> None:
    """Nobody is asked before the time of a Retry-After."""
    later = NOW + 20 * HOUR
    assert after(Look.FAILED, every=HOUR, not_before=later).next_look == later  # type: ignore[arg-type]


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
