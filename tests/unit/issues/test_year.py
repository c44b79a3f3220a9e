"""A year in sums: what was followed, what went on, where it came from."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from newsletter.issues.year import (
    FEWEST,
    CarriedStory,
    CarryingIssue,
    Growth,
    months_of,
    most_followed,
    report_of,
    threads_of,
)

SYDNEY = ZoneInfo("Australia/Sydney")
NOTHING = Growth(joined=(0,) * 12, left=(0,) * 12)


def story(
    name: str,
    issue: int = 1,
    *,
    follows: str = "",
    source: str = "Wire",
    tags: tuple[str, ...] = (),
) -> CarriedStory:
    """A story that an issue carried, at an address that follows from its name."""
    return CarriedStory(
        issue=issue,
        at=datetime(2026, issue, 10, 7, tzinfo=UTC),
        title=name,
        url=f"https://example.org/{name}",
        source=source,
        tags=tags,
        follows=follows and f"https://example.org/{follows}",
    )


def test_no_count_below_five_is_shown() -> None:
    """Four clicks might be those of four readers whom one knows."""
    stories = [story("four"), story("five"), story("nine")]
    clicks = {
        f"https://example.org/{name}": n for name, n in (("four", 4), ("five", 5), ("nine", 9))
    }
    found = most_followed(stories, clicks)
    assert [(one.title, one.clicks) for one in found] == [("nine", 9), ("five", FEWEST)]


def test_links_that_are_no_stories_are_not_ranked() -> None:
    """An advertisement or a link in the closing words is no story of the year."""
    assert most_followed([story("a")], {"https://elsewhere.example/": 100}) == ()


def test_a_story_that_three_issues_told_of_is_one_thread() -> None:
    """Each part names the story before it, or the first."""
    stories = [
        story("spill", 1),
        story("other", 1),
        story("cleaning", 2, follows="spill"),
        story("verdict", 4, follows="cleaning"),
        story("appeal", 5, follows="spill"),
    ]
    (thread,) = threads_of(stories)
    assert [part.title for part in thread.stories] == ["spill", "cleaning", "verdict", "appeal"]
    assert thread.issues == 4


def test_a_story_in_one_issue_twice_did_not_go_on() -> None:
    """Nor one whose beginning was before the year, until it goes on within it."""
    assert (
        threads_of([story("a", 1), story("b", 1, follows="a"), story("c", 3, follows="old")]) == ()
    )


def test_a_month_is_that_of_the_site() -> None:
    """What left in Greenwich's December arrived in Sydney's January."""
    late = CarriedStory(
        issue=1, at=datetime(2025, 12, 31, 20, tzinfo=UTC), title="a", url="", source=""
    )
    assert months_of([late], SYDNEY)[0] == 1


def test_the_report_ranks_sources_and_tags_and_sums_what_was_accepted() -> None:
    """Further sources are counted, and a tag has its months."""
    stories = [story(f"s{n}", 1, source=f"Source {n}", tags=("gear",)) for n in range(14)]
    stories.append(story("more", 2, source="Source 13", tags=("gear", "law")))
    issues = [
        CarryingIssue(number=n, subject="", at=datetime(2026, n, 10, tzinfo=UTC), accepted=50)
        for n in (1, 2)
    ]
    report = report_of(2026, issues, stories, clicks=None, growth=NOTHING, zone=SYDNEY)
    assert report.sources[0] == ("Source 13", 2)
    assert report.more_sources == 2
    assert report.tags[0] == ("gear", (14, 1, *[0] * 10))
    assert (report.accepted, report.stories, report.followed) == (100, 15, None)
