from __future__ import annotations

from typing import Any

import pytest

from newsletter.errors import UnknownNameError
from newsletter.issues.correction import (
    Correction,
    ReplacedLink,
    is_public,
    new_urls,
    with_same_words,
)
from newsletter.issues.named_story import named_story, shown_stories
from newsletter.issues.selection import SectionRule, Selection
from tests.factories.issues import DUE, make_article, make_issue, make_item


def correction(**changes: Any) -> Correction:
    """A correction of story 1 that nobody has approved."""
    fields: dict[str, Any] = {
        "id": 1,
        "newsletter": "weekly",
        "number": 12,
        "story": "1",
        "headline": "The sea",
        "url": "https://press.example.org/1",
        "text": "Two metres.",
        "new_url": "",
        "written_at": DUE,
        "written_by": "ed@example.org",
    }
    return Correction(**{**fields, **changes})


def test_a_correction_without_a_text_is_mailed_to_nobody() -> None:
    """It only replaces a link."""
    assert correction().goes_out
    assert not correction(text="", new_url="https://a.example/").goes_out
    assert correction().issue == "weekly/12"
    assert (correction().is_approved, correction(approved_at=DUE).is_approved) == (False, True)


def test_the_same_words_on_the_same_story_are_the_same_correction() -> None:
    """Another text, story or link makes another one."""
    known = [correction(id=1), correction(id=2, text="Three metres.")]
    same = with_same_words(known, story="1", text="Three metres.", new_url="")
    assert same is not None
    assert same.id == 2
    assert with_same_words(known, story="2", text="Three metres.", new_url="") is None
    assert with_same_words(known, story="1", text="Four metres.", new_url="") is None
    assert (
        with_same_words(known, story="1", text="Two metres.", new_url="https://a.example") is None
    )


def test_a_link_may_go_back_to_where_it_led_before() -> None:
    """Only the last replacement is the same correction again."""
    known = [
        correction(id=1, text="", new_url="https://a.example/"),
        correction(id=2, text="", new_url="https://b.example/"),
        correction(id=3, text="Three metres."),
    ]
    assert with_same_words(known, story="1", text="", new_url="https://a.example/") is None
    same = with_same_words(known, story="1", text="", new_url="https://b.example/")
    assert same is not None
    assert same.id == 2


def test_a_link_that_is_another_storys_own_stays() -> None:
    """A story may have been given another one's link by mistake; in other places it is replaced."""
    first = ReplacedLink(story="1", url="https://a.example/", new_url="https://b.example/")
    last = ReplacedLink(story="1", url="https://a.example/", new_url="https://c.example/")
    moved = {"https://a.example/": "https://c.example/"}
    assert new_urls([first, last], {}) == moved
    assert new_urls([first, last], {"https://a.example/": {"1", "2"}}) == moved
    assert new_urls([first, last], {"https://a.example/": {"2"}}) == {}


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), True),
        (Selection(segment="tag = x"), False),
        (Selection(segment="tag = x", public="abc"), True),
        (Selection(rules=(SectionRule(title="News", only="tag = x"),), public="abc"), False),
        (Selection(rules=(SectionRule(title="Other", only="tag = x"),), public="abc"), True),
    ],
)
def test_the_archive_is_named_only_where_it_has_the_story(
    selection: Selection, expected: bool
) -> None:
    """What was for some readers only is not in it."""
    item = make_item()
    assert is_public(make_issue((item,), selection=selection), item) is expected


def test_a_story_is_named_by_its_key_its_address_or_a_part_of_its_headline() -> None:
    """A hidden one cannot be named, and neither can two at once."""
    first, second = make_article(1), make_article(2, key="the key")
    hidden = make_item(make_article(3), hidden=True)
    issue = make_issue((make_item(first), make_item(second), hidden))
    known = shown_stories(issue)
    assert named_story(issue, known, "the key").url == second.url
    assert named_story(issue, known, first.url).key == first.key
    assert named_story(issue, known, "STORY 2").key == "the key"
    with pytest.raises(UnknownNameError, match="2 articles"):
        named_story(issue, known, "a valve")
    with pytest.raises(UnknownNameError, match="no article"):
        named_story(issue, known, "Story 3")
