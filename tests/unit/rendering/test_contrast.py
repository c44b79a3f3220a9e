"""Contrast, and what clients make of colours in the dark."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.rendering.contrast import (
    contrast,
    contrast_inverted,
    from_hex,
    invert_as_gmail,
    invert_as_outlook,
)

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: from_hex(f"#{number:06x}"))


def to_hex(colour: tuple[float, float, float]) -> str:
    """The colour as a code."""
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),  # the grey that just fails, from WebAIM's examples
        ("#767676", "#ffffff", 4.54),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_contrast(one: str, other: str, ratio: float) -> None:
    """The ratio of WCAG 2.2, whichever colour comes first."""
    assert contrast(from_hex(one), from_hex(other)) == pytest.approx(ratio, abs=0.01)
    assert contrast(from_hex(other), from_hex(one)) == pytest.approx(ratio, abs=0.01)


def test_white_becomes_dark_and_black_light() -> None:
    """Gmail mirrors lightness whole; Outlook stops at its own ground, #333333."""
    white, black = from_hex("#ffffff"), from_hex("#000000")
    assert to_hex(invert_as_gmail(white)) == "#000000"
    assert to_hex(invert_as_gmail(black)) == "#ffffff"
    assert to_hex(invert_as_outlook(white)) == "#333333"
    assert to_hex(invert_as_outlook(black)) == "#ffffff"


@given(COLOURS)
def test_hue_stays(colour: tuple[float, float, float]) -> None:
    """An inverted colour is a colour, and a grey stays grey."""
    for invert in (invert_as_gmail, invert_as_outlook):
        assert all(0 <= part <= 1 for part in invert(colour))
        grey = invert((colour[0],) * 3)
        assert max(grey) - min(grey) < 0.002


@given(COLOURS, COLOURS)
def test_inversion_gains_nothing_from_nothing(
    one: tuple[float, float, float], other: tuple[float, float, float]
) -> None:
    """Two colours that are alike stay alike; the figure is one between 1 and 21."""
    assert contrast_inverted(one, one) == pytest.approx(1)
    assert 1 <= contrast_inverted(one, other) <= 21.0001
