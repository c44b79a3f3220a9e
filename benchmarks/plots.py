"""Bar charts as SVG, readable on light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _LABELS, _ROW, _BAR, _TOP = 760, 330, 26, 16, 44
_LONGEST_BAR = _WIDTH - _LABELS - 90

_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.title{font-weight:600;font-size:15px}"
    ".ours{fill:#0b6e75}.other{fill:#9aa5b1}"
    "@media(prefers-color-scheme:dark){text{fill:#e6e6e6}.ours{fill:#4fc3c9}.other{fill:#66707c}}"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One bar; `is_ours` highlights it."""

    label: str
    value: float
    is_ours: bool = False


def bar_chart(title: str, bars: Sequence[Bar], unit: str) -> str:
    """Horizontal bars, one below the other, each with its value."""
    largest = max((bar.value for bar in bars), default=0) or 1
    height = _TOP + _ROW * len(bars) + 10
    rows = []
    for index, bar in enumerate(bars):
        y = _TOP + index * _ROW
        length = max(1, _LONGEST_BAR * bar.value / largest)
        kind = "ours" if bar.is_ours else "other"
        rows.append(
            f'<text x="{_LABELS - 8}" y="{y + 13}" text-anchor="end">{escape(bar.label)}</text>'
            f'<rect class="{kind}" x="{_LABELS}" y="{y}" width="{length:.1f}" height="{_BAR}"/>'
            f'<text x="{_LABELS + length + 6:.1f}" y="{y + 13}">{figure(bar.value)} {unit}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}">\n<style>{_STYLE}</style>\n'
        f'<text class="title" x="0" y="20">{escape(title)}</text>\n'
        + "\n".join(rows)
        + "\n</svg>\n"
    )


def figure(value: float) -> str:
    """The value with three significant digits, and commas between thousands."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
