"""The language of an article is its feed's, unless the text says otherwise."""

from __future__ import annotations

import pytest

from newsletter.articles.language import language_of, normal_tag, word_count

GERMAN = (
    "Der Stadtrat hat am Dienstag nach langer Debatte die neue Brücke genehmigt, die im Mai eröffnet"
    " werden soll. Viele Bürger waren dagegen und haben sich beschwert. Die Kosten sind hoch, sagt"
    " der Bürgermeister."
)


def test_a_long_text_tells_its_language() -> None:
    """A feed that calls everything American English does not change it."""
    assert language_of(GERMAN, stated="en-US") == "de"
    assert language_of(GERMAN, stated="de-AT") == "de-AT"
    assert language_of(GERMAN) == "de"


def test_a_short_text_does_not() -> None:
    """It has the language that its feed states, or none."""
    assert language_of("Neue Brücke", stated="en-US") == "en-US"
    assert language_of("Neue Brücke") == ""


@pytest.mark.parametrize(
    ("tag", "normal"),
    [
        ("EN_us", "en-US"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("iw", "he"),
        ("english!", ""),
        ("und", ""),
        ("", ""),
    ],
)
def test_tags_are_written_in_one_way(tag: str, normal: str) -> None:
    """As BCP 47 recommends."""
    assert normal_tag(tag) == normal


@pytest.mark.parametrize(
    ("text", "words"),
    [("It's a state-of-the-art bridge.", 4), ("大桥开通了", 5), ("Python で書く", 4), ("", 0)],
)
def test_words_are_counted(text: str, words: int) -> None:
    """Chinese and Japanese by their characters."""
    assert word_count(text) == words
