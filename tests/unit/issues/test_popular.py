"""Lists of popular stories: which stories, in which order, and what an editor's changes outlive."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from newsletter.issues.blocks import Block, BlockKind, PopularList, PopularRow, Ranking
from newsletter.issues.popular import (
    RankedStory,
    as_listed,
    most_opened,
    new_lists,
    refreshed_lists,
)
from newsletter.issues.year import FEWEST

BLOCK = Block(id="", kind=BlockKind.POPULAR, title="Reviews")


def story(name: str, clicks: int = 0, *tags: str) -> RankedStory:
    """A story at an address that follows from its name."""
    return RankedStory(
        title=name, url=f"https://example.org/{name}", tags=frozenset(tags), clicks=clicks
    )


def made(*names: str) -> PopularList:
    """A list by clicks of stories with these names."""
    rows = tuple(PopularRow(title=name, url=f"https://example.org/{name}") for name in names)
    return PopularList(ranking=Ranking.CLICKS, rows=rows, issues=4)


def names(found: PopularList) -> list[str]:
    """The names of the listed stories."""
    return [row.title for row in found.rows]


def test_the_most_followed_come_first_and_few_clicks_are_not_shown() -> None:
    """Four clicks may be those of one reader, so the story with four is not listed."""
    stories = [story("four", 4), story("five", 5), story("nine", 9)]
    assert names(most_opened(stories, tags=(), most=5, issues=4)) == ["nine", "five"]


def test_a_story_of_several_issues_counts_with_the_sum() -> None:
    """Three clicks in one issue and three in the next are six, and its last title stands."""
    again = replace(story("a", 3), title="as worded last")
    found = most_opened([story("a", 3), story("b", 5), again], tags=(), most=5, issues=4)
    assert names(found) == ["as worded last", "b"]


def test_a_list_has_only_stories_with_its_tags() -> None:
    """Reviews alone, where the tags say so; without tags all stories count."""
    stories = [story("news", 50, "politics"), story("phone", 9, "review"), story("bare", 8)]
    assert names(most_opened(stories, tags={"review"}, most=5, issues=4)) == ["phone"]
    assert names(most_opened(stories, tags=(), most=2, issues=4)) == ["news", "phone"]


def test_a_sites_own_ranking_keeps_its_order() -> None:
    """Each address once, at its first place, and the sites by name once each."""
    stories = [story("c"), story("a"), story("c"), story("b")]
    found = as_listed(stories, tags=(), most=2, names=["Example News", "Example News"])
    assert (names(found), found.site) == (["c", "a"], "Example News")


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 30))), st.integers(1, 20))
def test_no_list_is_longer_than_asked_or_shows_a_story_twice(
    clicked: list[tuple[str, int]], most: int
) -> None:
    """Whatever was clicked: the sums decide, those below the least are missing."""
    found = most_opened([story(*one) for one in clicked], tags=(), most=most, issues=1)
    sums = {name: sum(n for other, n in clicked if other == name) for name, _ in clicked}
    wanted = sorted((n for n in sums.values() if n >= FEWEST), reverse=True)[:most]
    assert [sums[name] for name in names(found)] == wanted
    assert len(set(found.rows)) == len(found.rows)


def test_a_new_draft_has_the_lists_that_the_settings_ask_for() -> None:
    """Each begins as its block says; other blocks of earlier issues are not their business."""
    (block,) = new_lists([(BLOCK, made("a"))])
    assert (block.title, block.made) == ("Reviews", made("a"))


def test_a_draft_that_is_refreshed_has_the_newest_rows_under_the_editors_words() -> None:
    """The heading and the place that an editor chose stay, and so does a text of their own."""
    (block,) = new_lists([(BLOCK, made("a"))])
    changed = replace(block, title="Our reviews", text="1. My own")
    (found,) = refreshed_lists([changed], [(BLOCK, made("b"))])
    assert found == replace(changed, made=made("b"))


def test_a_list_that_an_editor_removed_stays_away() -> None:
    """A later draft of the same issue does not bring it back."""
    other = Block(id="quote", kind=BlockKind.QUOTE, title="A quote")
    assert refreshed_lists([other], [(BLOCK, made("a"))]) == (other,)


def test_a_list_that_the_settings_no_longer_ask_for_goes_but_not_an_editors_text() -> None:
    """What a person wrote is kept, as a block like any other."""
    (block,) = new_lists([(BLOCK, made("a"))])
    own = replace(block, text="1. My own")
    assert refreshed_lists([block], []) == ()
    assert refreshed_lists([own], []) == (replace(own, made=None),)
