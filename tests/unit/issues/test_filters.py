"""What a source or a section takes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.issues.filters import Filter, Pattern, Refusal, patterns
from newsletter.issues.reasons import LeftOutReason
from tests.factories.articles import PUBLISHED, an_article

ARTICLE = an_article(
    "Café am Hafen öffnet wieder", url="https://example.org/sport/1", tags=("local", "food"),
    author="Ann Example",
)  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["hafen", "CAFE", "am hafen", "ann example", "food", "tag:food", "/^caf.\\b/", "/\\/sport\\//"],
)
def test_words_expressions_and_tags_are_found(text: str) -> None:
    """In title, tags, author and address; whole words, in any case, with or without accents."""
    assert Pattern(text=text).finds(ARTICLE)


@pytest.mark.parametrize("text", ["hafe", "tag:foo", "/^hafen/", "sports", "bridge"])
def test_parts_of_words_are_not(text: str) -> None:
    """A word is a word, and a tag is a tag."""
    assert not Pattern(text=text).finds(ARTICLE)


def test_unspaced_scripts_have_no_words() -> None:
    """There a pattern is found wherever it stands."""
    assert Pattern(text="大桥").finds(an_article("港口大桥维修后重新开放"))


def test_a_hopeless_expression_ends_in_time() -> None:
    """It counts as not found instead of holding up the issue."""
    hopeless = Pattern(text="/^(a+)+$/")
    assert not hopeless.finds(an_article("a" * 60 + "!"))


def test_each_rule_says_why() -> None:
    """Excluded, not included, too old: the reason names what decided."""
    takes = Filter(include=patterns(("bridge",)), exclude=patterns(("tag:food",)))
    refusal = takes.refusal(ARTICLE, "Alpha")
    assert refusal == Refusal(reason=LeftOutReason.EXCLUDED, detail="Alpha: 'tag:food'")
    refusal = takes.refusal(an_article("A ferry"), "Alpha")
    assert refusal == Refusal(reason=LeftOutReason.NOT_INCLUDED, detail="Alpha: 'bridge'")
    assert takes.refusal(an_article("A bridge"), "Alpha") is None
    late = Filter(oldest=PUBLISHED + timedelta(days=1)).refusal(ARTICLE, "Alpha")
    assert late == Refusal(reason=LeftOutReason.TOO_OLD, detail="Alpha")
    assert Filter().refusal(ARTICLE, "Alpha") is None


@given(st.text(min_size=1, max_size=20), st.text(max_size=40))
def test_any_words_may_be_looked_for(text: str, title: str) -> None:
    """Whatever stands in newsletter.toml and in a title."""
    Pattern(text=text if not text.startswith("/") else f"x{text}").finds(an_article(title or "x"))
