"""The text part: lines, wide letters, footnotes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering.plain_text import Footnotes, columns, underline, wrap


@pytest.mark.parametrize(
    ("text", "expected"),
    [("abc", 3), ("好装备", 6), ("e\u0301", 1), ("مرحبا", 5), ("ｱ", 1), ("\u200f", 0)],
)
def test_columns(text: str, expected: int) -> None:
    """Wide letters take two columns, marks and controls none."""
    assert columns(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("one two three", "one two\nthree"),
        ("a-very-long-word stays whole", "a-very-long-word\nstays\nwhole"),
        ("潮汐闸门学会", "潮汐闸门\n学会"),
        ("潮汐闸门。学会", "潮汐闸\n门。学会"),
        ("海「岸」工程", "海「岸」\n工程"),
        ("图书馆 USB-C", "图书馆\nUSB-C"),
    ],
)
def test_wrap(text: str, expected: str) -> None:
    """Breaks at spaces and between wide letters, never before a closing mark."""
    assert wrap(text, 8) == expected


def test_wrap_indents() -> None:
    """The indent counts towards the width."""
    assert wrap("one two three", 9, "  ") == "  one two\n  three"


@given(st.text(alphabet="ab é好。「」\u0301👩\u200d🔬"), st.integers(min_value=4, max_value=20))
def test_wrap_loses_nothing(text: str, width: int) -> None:
    """Only white space changes, and a line is too long only when it holds one piece."""
    wrapped = wrap(text, width)
    assert "".join(wrapped.split()) == "".join(text.split())
    for line in wrapped.split("\n"):
        assert columns(line) <= width or wrap(line, 1).count("\n") == 0


@given(st.text(alphabet="ab cd 好", max_size=200))
def test_wrap_keeps_to_72(text: str) -> None:
    """Lines of ordinary text have at most 72 columns."""
    words = " ".join(word[:20] for word in text.split())
    assert all(columns(line) <= 72 for line in wrap(words).split("\n"))


def test_underline_is_as_wide() -> None:
    """A rule is as wide as its title's widest line."""
    assert underline("好装备", "=") == "======"
    assert underline("one " * 20, "=") == "=" * (4 * 18 - 1)


def test_footnotes_are_printed_below_their_passage() -> None:
    """What was printed gets a new number when it comes again; an address shown has none."""
    notes = Footnotes()
    notes.mark("https://a")
    assert (notes.take(), notes.lines) == ("[1] https://a", [])
    assert notes.mark("https://a") == " [2]"
    assert (notes.show("https://c"), notes.show("")) == ("https://c", "")
    assert list(notes.addresses) == ["https://a", "https://c"]


def test_footnotes_number_in_order_and_once() -> None:
    """Each address has one number; no address, no mark."""
    notes = Footnotes()
    marks = [notes.mark(url) for url in ("https://a", "https://b", "https://a", "")]
    assert marks == [" [1]", " [2]", " [1]", ""]
    assert notes.lines == ["[1] https://a", "[2] https://b"]
