"""A summary is the publisher's, or whole sentences of the text, and never the title again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.articles.summaries import LONGEST, first_sentences, sentences, summary_of
from tests.effort import at_most

BODY = (
    "Photo: A. Name\n\nThe bridge opened on Tuesday, and two hundred people came to see it in the rain."
    " The mayor, Dr. A. Name, cut the ribbon at 9 a.m. sharp.\n\nNobody was late."
)


def test_the_publisher_s_deck_is_kept() -> None:
    """Even if it is short, and has no full stop."""
    assert summary_of("A short deck", BODY, title="Bridge") == "A short deck"


@pytest.mark.parametrize(
    "deck",
    [
        "The bridge opened on Tuesday, and two hundred people […]",
        "The bridge opened on Tuesday, and two hundred people [...] Read more",
        "The bridge opened on Tuesday, and two hundred people…",
        "Bridge: The bridge opened on Tuesday, and two hundred",
        "",
    ],
)
def test_a_deck_that_was_cut_gives_way_to_sentences(deck: str) -> None:
    """The text has what the deck lost; captions before the first sentence are not it."""
    assert summary_of(deck, BODY, title="Bridge") == (
        "The bridge opened on Tuesday, and two hundred people came to see it in the rain."
        " The mayor, Dr. A. Name, cut the ribbon at 9 a.m. sharp."
    )


def test_only_a_cut_beginning_is_known() -> None:
    """Its whole sentences are the summary; without one, it is clipped."""
    assert summary_of("It opened. Two hundred people [...]", "", title="B") == "It opened."
    assert summary_of("Two hundred people [...]", "", title="B") == "Two hundred people…"


def test_a_long_deck_ends_with_a_sentence() -> None:
    """A deck that is an article is cut like one."""
    deck = "This is a sentence of some length, which says little. " * 10
    summary = summary_of(deck, "", title="B")
    assert summary.endswith("little.")
    assert 120 <= len(summary) <= LONGEST


@pytest.mark.parametrize(
    ("text", "language", "first"),
    [
        (
            "Mr. A. Name of the U.S. Army spoke. He left.",
            "en",
            "Mr. A. Name of the U.S. Army spoke. ",
        ),
        ("He said no. Then he left.", "en", "He said no. "),
        ("See No. 5 for more. It is old.", "en", "See No. 5 for more. "),
        ("“It is over!” she said. He left.", "en", "“It is over!” she said. "),
        ("It cost 3.5 million. All of it.", "en", "It cost 3.5 million. "),
        (
            "Am 3. März kommt sie, z.B. mit Dr. Muster. Dann geht sie.",
            "de",
            "Am 3. März kommt sie, z.B. mit Dr. Muster. ",
        ),
        ("M. Exemple est venu. Il est parti.", "fr", "M. Exemple est venu. "),
        ("¿Quién vino? El Sr. Ejemplo.", "es", "¿Quién vino? "),
        ("В 2026 г. открыли мост. Он новый.", "ru", "В 2026 г. открыли мост. "),
        ("橋が開いた。「嬉しい。」と市長は言った。", "ja", "橋が開いた。"),
        ("大桥开通了！人们很高兴。", "zh", "大桥开通了！"),
        ("पुल खुल गया। लोग खुश हैं।", "hi", "पुल खुल गया। "),
        ("هل فتح الجسر؟ نعم.", "ar", "هل فتح الجسر؟ "),
    ],
)
def test_sentences_end_where_the_language_ends_them(text: str, language: str, first: str) -> None:
    """Not at abbreviations, initials, ordinals and numbers."""
    assert next(iter(sentences(text, language))) == first


def test_thai_is_cut_at_spaces() -> None:
    """It has no full stops."""
    text = "สะพานเปิดแล้ว ประชาชนมาชมกันมาก " * 12
    summary = first_sentences(text, "th")
    assert 100 <= len(summary) <= LONGEST
    assert summary.endswith(("แล้ว", "มาก"))


@given(st.text(max_size=600), st.text(max_size=600), st.text(max_size=60))
def test_any_texts_make_one_line(deck: str, body: str, title: str) -> None:
    """Of limited length."""
    summary = summary_of(deck, body, title=title)
    assert len(summary) <= 300
    assert "\n" not in summary


@given(st.text(max_size=300))
def test_sentences_lose_nothing(text: str) -> None:
    """Together they are the text."""
    assert "".join(sentences(text)).split() == text.split()


@pytest.mark.parametrize("text", ["." * 100_000, ". " * 50_000, "…" * 50_000, "a" * 100_000])
def test_absurd_texts_take_no_quadratic_time(text: str) -> None:
    """Rows of dots, and words without an end."""
    with at_most(100):
        summary_of(text, text, title="A title")
