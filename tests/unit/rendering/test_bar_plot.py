"""Plots that stand alone: well-formed, in proportion, and readable without colours."""

from __future__ import annotations

from lxml import etree

from newsletter.rendering.bar_plot import Bar, Panel, draw_panels

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*panels: Panel) -> etree._Element:
    """The plot, parsed."""
    return etree.fromstring(draw_panels("A <plot> & more", panels))


def heights(root: etree._Element) -> list[float]:
    """The heights of the bars."""
    bars = [bar for bar in root.iter(f"{SVG}rect") if bar.find(f"{SVG}title") is not None]
    return [float(bar.attrib["height"]) for bar in bars]


def bars(*values: float, note: str = "") -> list[Bar]:
    """Bars of these values."""
    return [Bar(label=f"<{value}>", value=value, shown=f"{value}", note=note) for value in values]


def test_bars_are_in_proportion_and_labels_are_escaped() -> None:
    """A label of a source is no markup."""
    root = drawn(Panel(title="a & b", bars=bars(2, 4, 0)))
    assert heights(root) == [75, 150, 0]
    assert "<2>: 2" in [title.text for title in root.iter(f"{SVG}title")]
    assert root.attrib["aria-label"] == "A <plot> & more"


def test_what_needs_attention_is_said_in_a_word() -> None:
    """Not by colour alone."""
    root = drawn(Panel(title="a", bars=bars(3, note="thin")))
    assert "thin" in [text.text for text in root.iter(f"{SVG}text")]


def test_a_limit_near_the_bars_is_a_line_and_a_far_one_only_named() -> None:
    """A line at a hundred times the bars would flatten them."""
    near = drawn(Panel(title="size", bars=bars(80), limit=(100, "clipped")))
    assert heights(near) == [120]
    assert len(list(near.iter(f"{SVG}line"))) == 2
    far = drawn(Panel(title="size", bars=bars(1), limit=(100, "clipped")))
    assert heights(far) == [150]
    assert "size (clipped from 100)" in [text.text for text in far.iter(f"{SVG}text")]


def test_panels_without_bars_are_left_out_and_zeros_are_drawn() -> None:
    """Weeks without anything divide nothing by zero."""
    root = drawn(Panel(title="none", bars=[]), Panel(title="zeros", bars=bars(0, 0)))
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert "none" not in texts
    assert heights(root) == [0, 0]
