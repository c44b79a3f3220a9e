"""What is quick to see excludes no pair that a closer look would join."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import chain

import pytest

from newsletter.articles.identity.features import Features
from newsletter.articles.identity.lexicon import lexicon
from newsletter.articles.identity.sameness import same_story, why_same
from tests.sampling import sampled
from tests.unit.articles.identity.test_sameness import pairs, title_pairs

BLOCKS = ("pairs.txt", "unseen.txt", "held_out.txt")
TITLES = ("titles.txt", "outlets.txt", "outlets_events.txt", "outlets_sealed.txt",
          "outlets_unseen.txt", "summaries.txt")  # fmt: skip


def labelled() -> Iterator[tuple[Features, Features]]:
    """All labelled pairs."""
    both = chain(*map(pairs, BLOCKS), *map(title_pairs, TITLES))
    return ((one, other) for one, other, _label in both)


@pytest.mark.sampled
def test_the_labelled_pairs_are_judged_as_without_it() -> None:
    """Every pair that the whole comparison joins is joined, and no other."""
    every = [*labelled()]
    chance = random.Random(3)  # noqa: S311 - a sample
    chosen = chance.sample(every, sampled(whole=len(every), sample=150))
    assert len(every) > 2_000
    judged = [(same_story(*pair), why_same(*pair) is not None) for pair in chosen]
    assert (True, True) in judged
    assert all(quick == whole for quick, whole in judged)


@pytest.mark.sampled
def test_articles_that_stand_together_by_chance_are_judged_as_without_it() -> None:
    """So is a pair of any two articles, with their texts or without."""
    articles = [features for pair in labelled() for features in pair]
    chance = random.Random(4)  # noqa: S311 - a sample
    for _ in range(sampled(whole=10_000, sample=150)):
        one, other = chance.choice(articles), chance.choice(articles)
        assert same_story(one, other) == (why_same(one, other) is not None)


def test_most_pairs_by_chance_are_excluded_without_reading_their_texts() -> None:
    """The words of both texts are taken apart for few of them only."""
    articles = [features for one, other, _ in pairs("held_out.txt") for features in (one, other)]
    chance = random.Random(5)  # noqa: S311 - a sample
    chosen = [(chance.choice(articles), chance.choice(articles)) for _ in range(60)]
    for one, other in chosen:
        same_story(one, other)
    read = sum("whole" in vars(features) for pair in chosen for features in pair)
    assert 0 < read < 2 * len(chosen) / 3


def test_a_meaning_is_found_by_the_longest_beginning_or_end() -> None:
    """Of several beginnings that a word has, the longest decides; an end is never the whole word."""
    for groups in (lexicon().events, lexicon().contrasts):
        for several in (*groups.by_first_letters.values(), *groups.by_last_letters.values()):
            assert [*several] == sorted(several, key=lambda part: (-len(part), part))
        for end in groups.ends:
            assert groups.meanings(f"x{end}") or f"x{end}" in groups.words
