"""One story is one article, however many sources tell it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.article import Article, Coverage, Image
from newsletter.articles.dedupe import merge_stories
from tests.effort import at_most
from tests.factories.articles import PUBLISHED, an_article


def test_equal_addresses_are_one_story() -> None:
    """Two feeds that link to one page give one article; the other version becomes "also"."""
    one = an_article("Bridge reopens", url="https://example.org/a", source="A", body_text="x" * 500)
    two = an_article("The bridge is open", url="https://example.org/a", source="B")
    (story,) = merge_stories([two, one])
    assert (story.title, story.source) == ("Bridge reopens", "A")
    assert story.also == (
        Coverage(source="B", title="The bridge is open", url="https://example.org/a"),
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Harbour bridge reopens after repairs", "Harbour Bridge Reopens After Repairs"),
        ("Harbour bridge reopens after repairs", "Harbour bridge re-opens after repairs"),
        ("Harbour bridge reopens after repairs", "After repairs, harbour bridge reopens"),
        ("Harbour bridge reopens after repairs", "Harbour bridge reopens after repairs | Example"),
        ("Harbour bridge reopens after repairs", "“Harbour bridge” reopens after repair"),
        ("港口大桥维修后重新开放", "港口大桥维修后重新开放！"),
    ],
)
def test_near_equal_titles_are_one_story(one: str, other: str) -> None:
    """Case, punctuation, order of words and a site's name do not make another story."""
    versions = [
        an_article(one, url="https://a.example/1", source="A"),
        an_article(other, url="https://b.example/2", source="B"),
    ]
    (story,) = merge_stories(versions)
    assert story.keys == {"https://a.example/1", "https://b.example/2"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Court rules for the harbour bridge", "Court rules against the harbour bridge"),
        ("Phone 15 review: better battery life", "Phone 16 review: better battery life"),
        ("Storm closes 3 schools in the north", "Storm closes 30 schools in the north"),
        ("News in brief", "News in brief"),
        ("Bank of Exampleton raises interest rates", "Bank of Exampleton lowers interest rates"),
    ],
)
def test_other_words_and_numbers_are_other_stories(one: str, other: str) -> None:
    """A changed word or number is another story, and a title that says nothing joins nothing."""
    versions = [
        an_article(one, url="https://a.example/1", source="A"),
        an_article(other, url="https://b.example/2", source="B"),
    ]
    assert merge_stories(versions) == versions


def test_a_source_tells_its_own_stories_apart() -> None:
    """Two entries of one source stay two, even by way of a third source's version."""
    monday = an_article("Ferry timetable changes again", url="https://a.example/1", source="A")
    friday = replace(monday, key="2", url="https://a.example/2")
    other = replace(monday, key="3", url="https://b.example/3", source="B")
    stories = merge_stories([monday, friday, other])
    assert sorted(len(story.keys) for story in stories) == [1, 2]


def test_the_fullest_version_is_the_article_and_gets_all_tags() -> None:
    """Picture and text decide who tells the story; a reader who follows a tag of any version gets it."""
    short = an_article(source="A", url="https://a.example/1", tags=("local", "transport"))
    full = an_article(
        source="B",
        url="https://b.example/2",
        body_text="x" * 900,
        image=Image(url="https://b.example/p.png"),
        published=PUBLISHED + timedelta(hours=5),
        tags=("bridges", "local"),
    )
    (story,) = merge_stories([short, full])
    assert (story.source, story.key, story.merged_keys) == (
        "B",
        "https://b.example/2",
        ("https://a.example/1",),
    )
    assert [tag.slug for tag in story.tags] == ["bridges", "local", "transport"]


def test_merging_again_changes_nothing() -> None:
    """Merged stories, merged once more, stay as they are, with what they already carried."""
    told = [
        an_article(source=source, url=f"https://{source.lower()}.example/1", tags=(source.lower(),))
        for source in ("A", "B", "C")
    ]
    once = merge_stories(told)
    assert len(once) == 1
    assert len(once[0].also) == 2
    assert merge_stories(once) == once


def articles_of_few_words() -> st.SearchStrategy[list[Article]]:
    """Articles whose titles and sources often meet."""
    title = st.lists(
        st.sampled_from(["harbour", "bridge", "reopens", "storm", "7", "8", "council"]),
        min_size=3,
        max_size=5,
    ).map(" ".join)
    pairs = st.tuples(title, st.sampled_from("ABC"), st.integers(0, 5))
    return st.lists(pairs, max_size=12, unique_by=lambda pair: (pair[1], pair[2])).map(
        lambda told: [
            an_article(name, source=source, url=f"https://{source.lower()}.example/{number}")
            for name, source, number in told
        ]
    )


@given(articles_of_few_words(), st.randoms(use_true_random=False))
def test_no_version_is_lost_and_order_does_not_matter(
    articles: list[Article], chance: random.Random
) -> None:
    """Every key is in exactly one story, and shuffled sources give the same stories."""
    stories = merge_stories(articles)
    keys = [key for story in stories for key in sorted(story.keys)]
    assert sorted(keys) == sorted(article.key for article in articles)
    shuffled = articles[:]
    chance.shuffle(shuffled)
    again = merge_stories(shuffled)
    assert {story.keys for story in again} == {story.keys for story in stories}
    assert set(again) == set(stories)


def test_two_thousand_articles_merge_in_bounded_time() -> None:
    """A large site's month is merged within seconds."""
    chance = random.Random(7)  # noqa: S311 - titles, not secrets
    words = [f"word{n}" for n in range(400)]
    articles = [
        an_article(
            " ".join(chance.sample(words, 8)), source=f"S{n % 9}", url=f"https://e.example/{n}"
        )
        for n in range(2000)
    ]
    with at_most(1_000):
        assert len(merge_stories(articles)) == 2000
