"""Bars of numbers over time as an SVG that stands alone, on a screen and on paper. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, PLOT_HEIGHT, LEFT, GAP = 960, 150, 90, 66

HEADING, ABOVE = 40, 28
"""Heights of the heading, and of a panel's title with the numbers above its bars."""

INK, ALARM = "#1b3a4b", "#b3261e"
"""Colours that differ on a grey printer too; what needs attention also has a pattern and a word."""

_PATTERN = (
    '<defs><pattern id="alarm" width="6" height="6" patternUnits="userSpaceOnUse"'
    f' patternTransform="rotate(45)"><rect width="6" height="6" fill="{ALARM}"/>'
    '<rect width="2" height="6" fill="#fff"/></pattern></defs>'
)

MOST_LABELS = 14
"""Labels below the bars; with more bars, every second or third has one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One number with its label, and what is `shown` of it above the bar.

    `note` says in a word why it needs attention, or is empty.
    """

    label: str
    value: float
    shown: str
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """One row of bars on a scale of its own; `limit` is a line across it with a label."""

    title: str
    bars: Sequence[Bar]
    limit: tuple[float, str] | None = None


def draw_panels(title: str, panels: Sequence[Panel], *, is_headed: bool = True) -> str:
    """The panels one below the other as an SVG document, with its title as a heading if wanted."""
    filled = [panel for panel in panels if panel.bars]
    start = HEADING if is_headed else 10
    height = start + len(filled) * (PLOT_HEIGHT + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-label="{escape(title)}" font-family="sans-serif" font-size="13" fill="#222">',
        *([_PATTERN] if any(bar.note for panel in filled for bar in panel.bars) else []),
    ]
    if is_headed:
        parts.append(f'<text x="0" y="18" font-size="18" font-weight="bold">{escape(title)}</text>')
    for number, panel in enumerate(filled):
        parts += _panel(panel, top=start + number * (PLOT_HEIGHT + GAP))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: Panel, *, top: float) -> list[str]:
    highest = max(bar.value for bar in panel.bars)
    # A limit far above everything would flatten the bars; it is then only named.
    is_near = panel.limit is not None and panel.limit[0] <= 3 * highest
    scale = max(highest, panel.limit[0] if panel.limit and is_near else 0.0) or 1.0
    foot = top + ABOVE + PLOT_HEIGHT
    step = (WIDTH - LEFT) / len(panel.bars)
    named = panel.title
    if panel.limit is not None and not is_near:
        named = f"{panel.title} ({panel.limit[1]} from {panel.limit[0]:g})"
    parts = [
        f'<text x="0" y="{top + 8:g}" font-weight="bold">{escape(named)}</text>',
        f'<line x1="{LEFT}" y1="{foot:g}" x2="{WIDTH}" y2="{foot:g}" stroke="#222"/>',
    ]
    every = -(-len(panel.bars) // MOST_LABELS)
    for number, bar in enumerate(panel.bars):
        parts += _bar(
            bar,
            x=LEFT + number * step,
            step=step,
            foot=foot,
            height=PLOT_HEIGHT * bar.value / scale,
            is_labelled=number % every == 0,
        )
    if panel.limit is not None and is_near:
        y = foot - PLOT_HEIGHT * panel.limit[0] / scale
        parts += [
            f'<line x1="{LEFT}" y1="{y:g}" x2="{WIDTH}" y2="{y:g}" stroke="{ALARM}"'
            ' stroke-dasharray="6 4"/>',
            f'<text x="0" y="{y + 4:g}" fill="{ALARM}">{escape(panel.limit[1])}</text>',
        ]
    return parts


def _bar(
    bar: Bar, *, x: float, step: float, foot: float, height: float, is_labelled: bool
) -> list[str]:
    said = ": ".join(filter(None, (bar.label, bar.shown)))
    said = f"{said} ({bar.note})" if bar.note else said
    colour = "url(#alarm)" if bar.note else INK
    middle = x + step / 2
    parts = [
        f'<rect x="{x + step * 0.12:.1f}" y="{foot - height:.1f}" width="{step * 0.76:.1f}"'
        f' height="{height:.1f}" fill="{colour}"><title>{escape(said)}</title></rect>'
    ]
    above = bar.note or (bar.shown if is_labelled else "")
    if above:
        ink = f' fill="{ALARM}"' if bar.note else ""
        parts.append(
            f'<text x="{middle:.1f}" y="{foot - height - 4:.1f}" text-anchor="middle"'
            f' font-size="11"{ink}>{escape(above)}</text>'
        )
    if is_labelled:
        parts.append(
            f'<text x="{middle:.1f}" y="{foot + 15:.1f}" text-anchor="middle"'
            f' font-size="11">{escape(bar.label)}</text>'
        )
    return parts
