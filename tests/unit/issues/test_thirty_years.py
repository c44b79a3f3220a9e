"""Thirty years of a newsletter's life, in ten time zones, with all that clocks and people do."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.issues.due import next_due
from tests.factories.years import Life
from tests.sampling import sampled

ZONES = (
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # moves its clocks by half an hour
    "Australia/Sydney",
    "Asia/Beirut",  # moves them at midnight
    "Pacific/Apia",  # crossed the date line
    "Asia/Kathmandu",
    "America/Santiago",
    "Africa/Casablanca",  # moves them for Ramadan
    "UTC",
)
BEGIN, END = date(2026, 1, 1), date(2056, 1, 1)
YEARS = sampled(whole=30, sample=2)
"""How many the simulated lives last; the weeks around all clock changes of thirty are always lived."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def days_between(begin: date, end: date, weekdays: set[int]) -> list[date]:
    """Every date in [begin, end) on these weekdays; Monday is 0."""
    return [
        day
        for number in range((end - begin).days)
        if (day := begin + number * DAY).weekday() in weekdays
    ]


def at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """A wall-clock time as a moment."""
    return datetime.combine(day, clock, zone).astimezone(UTC)


def clock_changes(zone: ZoneInfo) -> list[date]:
    """The days between BEGIN and END on which the zone's clocks move."""
    offsets = [
        (day, datetime.combine(day, time(), zone).utcoffset())
        for day in days_between(BEGIN, END, set(range(7)))
    ]
    return [before for (before, was), (_, then) in pairwise(offsets) if was != then]


@pytest.mark.sampled
@pytest.mark.parametrize("name", ZONES)
def test_years_of_sundays(name: str) -> None:
    """01:30 on Sundays, where the clocks change: one issue a week, each article in one of them."""
    live_sundays(name, BEGIN, BEGIN.replace(year=BEGIN.year + YEARS))


@pytest.mark.parametrize("name", [name for name in ZONES if clock_changes(ZoneInfo(name))])
def test_the_weeks_around_each_clock_change(name: str) -> None:
    """The Sundays before, of and after each change in thirty years, lived one by one."""
    for day in clock_changes(ZoneInfo(name)):
        live_sundays(name, day - 9 * DAY, day + 9 * DAY)


def live_sundays(name: str, begin: date, end: date) -> None:
    """Live through [begin, end) with three articles a week; each Sunday has its issue."""
    zone, chance = ZoneInfo(name), random.Random(name)  # noqa: S311 - a seed, so that it repeats
    start = at(begin, time(), zone)
    life = Life(schedule="30 1 * * sun", zone=zone, first_seen=start)
    sundays = days_between(begin, end, {6})
    number, keys, before = 0, [], start
    for sunday in sundays:
        due = at(sunday, time(1, 30), zone)
        for _ in range(3):
            number += 1
            published = before + chance.random() * (due - before)
            seen = min(published + chance.random() * HOUR, due)
            keys.append(life.publish(number, published=published, seen=seen))
        # cron comes before, in, between and after both hours of an autumn night
        for minutes in (-60, 0, 30, 60, 120):
            life.run(due + timedelta(minutes=minutes))
        before = due
    taken = [key for issue in life.printed for key in issue.articles]
    print(
        f"{name}: {len(sundays)} issues expected, {len(life.printed)} made; "
        f"{len(keys)} articles in, {len(taken)} out, {len(life.waiting)} waiting"
    )
    assert [issue.day for issue in life.printed] == sundays
    assert sorted(taken) == sorted(keys)
    windows = [issue.window for issue in life.printed]
    assert all(a.end == b.start for a, b in pairwise(windows))


@pytest.mark.sampled
@pytest.mark.parametrize("name", ZONES)
def test_years_of_accidents(name: str) -> None:
    """Sleep, thin weeks, holidays, pauses, moved zones, new schedules and wrong clocks.

    Whatever happens, no date has two issues, no article is in two of them, and every article is
    in one or waits.
    """
    chance = random.Random(name)  # noqa: S311 - a seed, so that it repeats
    years = max(YEARS, 6)
    start = at(BEGIN, time(), ZoneInfo(name))
    life = Life(schedule="30 2 * * mon", zone=ZoneInfo(name), first_seen=start, min_items=2)
    now, number, keys = start, 0, []
    while now.date() < BEGIN.replace(year=BEGIN.year + years):
        # Cron wakes in between, too, and finds nothing to do: those wakes are left out here.
        now = next_due(life.schedule, life.zone, now)
        now += chance.choice([*[chance.random() * HOUR / 4] * 16, 3 * HOUR, 3 * DAY, 21 * DAY])
        for _ in range(chance.choice([0, 2, 3, 5])):
            number += 1
            published = now - chance.random() * 3 * HOUR
            keys.append(life.publish(number, published=published, seen=now))
        match chance.randrange(80):
            case 0:
                life.zone = ZoneInfo(chance.choice(ZONES))
            case 1:
                life.schedule = chance.choice(
                    ["30 2 * * mon", "0 7 * * fri", "30 1 * * sun", "0 0 1 * *", "15 0 * * *"]
                )
            case 2:
                life.paused = True
            case 5 | 6 | 7 | 8:
                life.paused = False
            case 3:
                life.holidays = (now.date() + DAY, now.date() + 2 * DAY)
            case 4:  # the clock is wrong, for one run
                life.run(now + (chance.random() - 0.5) * 40 * DAY)
        life.run(now)
    life.paused, life.schedule = False, "0 7 * * *"
    for later in range(60):
        life.run(next_due(life.schedule, life.zone, now + later * DAY))
    taken = [key for issue in life.printed for key in issue.articles]
    print(
        f"{name}: {len(life.printed)} issues made, {life.skipped} skipped; "
        f"{len(keys)} articles in, {len(taken)} out, {len(life.waiting)} waiting"
    )
    days = [issue.day for issue in life.printed]
    assert len(life.printed) > 5 * years
    assert len(days) == len(set(days))
    assert len(taken) == len(set(taken))
    assert sorted([*taken, *(article.key for article in life.waiting)]) == sorted(keys)
    assert len(life.waiting) < life.min_items


@settings(deadline=None, max_examples=sampled(whole=60, sample=30))
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["publish", "run", "run", "wrong clock", "zone", "schedule"]),
            st.integers(1, 24 * 40),
            st.sampled_from(ZONES),
        ),
        max_size=60,
    )
)
def test_any_sequence_of_events_loses_and_repeats_nothing(
    events: list[tuple[str, int, str]],
) -> None:
    """A shorter life, in which hypothesis looks for the worst order of things."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    life = Life(schedule="30 2 * * sun", zone=ZoneInfo("Europe/London"), first_seen=now)
    keys: list[str] = []
    for what, hours, zone in events:
        if what == "wrong clock":
            life.run(now + (hours - 480) * HOUR)
            continue
        now += hours * HOUR
        if what == "publish":
            keys.append(life.publish(len(keys), published=now, seen=now))
        elif what == "zone":
            life.zone = ZoneInfo(zone)
        elif what == "schedule":
            life.schedule = f"{hours % 60} {hours % 24} * * {'mon' if hours % 2 else 'thu'}"
        life.run(now)
    life.schedule = "0 7 * * *"
    for later in range(50):
        life.run(next_due(life.schedule, life.zone, now + later * DAY))
    taken = [key for issue in life.printed for key in issue.articles]
    days = [issue.day for issue in life.printed]
    assert sorted(taken) == sorted(keys)
    assert len(days) == len(set(days))


@pytest.mark.sampled
def test_a_leap_day_schedule_comes_every_four_years() -> None:
    """29 February: 2028, 2032 …, and nothing in between."""
    london = ZoneInfo("Europe/London")
    life = Life(schedule="0 7 29 2 *", zone=london, first_seen=at(BEGIN, time(), london))
    keys = []
    end = BEGIN.replace(year=BEGIN.year + max(YEARS, 7))
    for day in days_between(BEGIN, end, set(range(7))):
        moment = at(day, time(12), london)
        if day.day == 1:
            keys.append(life.publish(len(keys), published=moment, seen=moment))
        life.run(moment)
    assert [issue.day.year for issue in life.printed] == list(range(2028, end.year, 4))


@pytest.mark.parametrize("name", ["Europe/London", "Pacific/Apia", "Australia/Lord_Howe"])
def test_a_week_53_and_a_year_s_end_are_days_like_any_other(name: str) -> None:
    """Daily over 2026, which has 53 weeks, into 2027: 31 December and 1 January both come."""
    zone = ZoneInfo(name)
    days = days_between(date(2026, 12, 1), date(2027, 1, 15), set(range(7)))
    life = Life(schedule="0 0 * * *", zone=zone, first_seen=at(days[0], time(), zone) - HOUR)
    for number, day in enumerate(days):
        moment = at(day, time(), zone)
        life.publish(number, published=moment - HOUR, seen=moment - HOUR)
        life.run(moment)
    assert [issue.day for issue in life.printed] == days
