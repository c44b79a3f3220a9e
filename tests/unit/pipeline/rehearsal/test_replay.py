"""What sources brought comes again, in the coming weeks, as often as needed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from newsletter.pipeline.rehearsal.replay import (
    WEEK,
    Flow,
    SourceHabit,
    habits_of,
    original_key,
    replayable,
    replayed,
)
from newsletter.store.articles import StoryVersion
from tests.factories.articles import an_article

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LONG_AGO = NOW - 200 * DAY


def version(
    *, age: timedelta, source: int = 1, seen_after: timedelta = timedelta(), **marks: bool
) -> StoryVersion:
    """A version of a story published so long ago, first seen a while after."""
    article = an_article(f"Story of {age}", published=NOW - age)
    return StoryVersion(
        article=article,
        first_seen=NOW - age + seen_after,
        source_number=source,
        withdrawn=marks.get("withdrawn", False),
        backlog=marks.get("backlog", False),
    )


def replay(versions: list[StoryVersion], *, past: int, weeks: int) -> list[StoryVersion]:
    """The coming weeks of sources that the site has known for long."""
    known = dict.fromkeys((found.source_number for found in versions), LONG_AGO)
    usual = replayable(versions, now=NOW)
    return replayed(usual, habits_of(usual, known, past=past, now=NOW), weeks=weeks, now=NOW)


def test_an_article_comes_again_at_its_hour_of_the_week() -> None:
    """With two past weeks, in the second, fourth and sixth coming week."""
    found = replay([version(age=3 * DAY)], past=2, weeks=6)
    assert [(one.first_seen - NOW) / DAY for one in found] == [11, 25, 39]
    assert all(one.article.published == one.first_seen for one in found)


def test_each_repetition_is_a_story_of_its_own_that_its_sources_share() -> None:
    """Else the second would count as used by the issue that had the first."""
    both = [version(age=3 * DAY), version(age=3 * DAY, source=2, seen_after=timedelta(hours=5))]
    found = replay(both, past=1, weeks=2)
    assert len({one.article.key for one in found}) == 2
    assert [one.source_number for one in found] == [1, 2, 1, 2]
    assert found[0].article.key == found[1].article.key
    assert {original_key(one.article.key) for one in found} == {both[0].article.key}
    assert original_key("https://press.example.org/one +w") == "https://press.example.org/one +w"


def test_what_is_no_habit_does_not_come_again() -> None:
    """What was withdrawn, and what a feed without dates had when it was first read."""
    versions = [version(age=3 * DAY, withdrawn=True), version(age=4 * DAY, backlog=True)]
    assert replay(versions, past=4, weeks=4) == []


def test_an_article_that_was_there_when_its_source_was_added_appeared_when_it_was_published() -> (
    None
):
    """A source that was added yesterday does not bring its ten weeks within a day."""
    old = version(age=60 * DAY, seen_after=59 * DAY)
    (usual,) = replayable([old], now=NOW)
    assert usual.first_seen == old.article.published


def test_a_young_source_repeats_the_weeks_that_are_known_of_it() -> None:
    """It is not taken to be silent in the weeks before it was added."""
    versions = replayable([version(age=2 * DAY), version(age=9 * DAY)], now=NOW)
    habits = habits_of(versions, {1: NOW - 8 * DAY}, past=12, now=NOW)
    assert habits[1].weeks == (1, 1)
    assert len(replayed(versions, habits, weeks=12, now=NOW)) == 12


def test_a_source_without_articles_is_dry_and_one_that_stopped_is_silent() -> None:
    """Among twelve weeks, the last three tell."""
    versions = replayable([version(age=30 * DAY, source=1), version(age=DAY, source=2)], now=NOW)
    known = dict.fromkeys((1, 2, 3), LONG_AGO)
    habits = habits_of(versions, known, past=12, now=NOW)
    assert [habits[number].flow for number in known] == [Flow.SILENT, Flow.STEADY, Flow.DRY]
    assert SourceHabit(weeks=(), last=None).flow is Flow.DRY


@given(
    hours=st.lists(st.integers(0, 24 * 7 * 30), max_size=30),
    past=st.integers(1, 20),
    weeks=st.integers(1, 30),
)
def test_every_whole_past_brings_as_much_again(hours: list[int], past: int, weeks: int) -> None:
    """No article comes before now or after the end, and a whole repetition has each once."""
    versions = [version(age=timedelta(hours=number)) for number in set(hours)]
    found = replay(versions, past=past, weeks=weeks)
    assert all(NOW <= one.first_seen < NOW + weeks * WEEK for one in found)
    recent = [one for one in versions if NOW - one.first_seen < past * WEEK]
    first = [one for one in found if one.first_seen <= NOW + past * WEEK]
    if weeks > past:
        assert len(first) == len(recent)
