"""Checks that text can be read: contrast in three modes (WCAG 2.2), and its size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from newsletter.rendering.contrast import (
    ENOUGH,
    ENOUGH_FOR_LARGE,
    Colour,
    contrast,
    contrast_in_gmail,
    contrast_inverted,
)
from newsletter.rendering.lint.document import Document, finding
from newsletter.rendering.lint.finding import LintFinding, Severity
from newsletter.rendering.lint.text_styles import Mode, TextRun, TextStyle, text_runs

SMALLEST = 13
"""CSS pixels. iOS Mail enlarges smaller text, which changes the line breaks."""

_contrast = lru_cache(maxsize=1024)(contrast)
_inverted = lru_cache(maxsize=1024)(contrast_inverted)
_in_gmail = lru_cache(maxsize=1024)(contrast_in_gmail)


def check_readability(document: Document) -> Iterator[LintFinding]:
    """Find text with too little contrast in light, dark or inverted colours, and small text."""
    light = list(text_runs(document, "light"))
    yield from _low_contrast(
        light, "light", _contrast, who="readers with low vision, or in sunlight"
    )
    yield from _low_contrast(
        text_runs(document, "dark"),
        "dark",
        _contrast,
        who="readers in dark mode: Apple Mail, Outlook",
    )
    yield from _low_contrast(
        light,
        "inverted",
        _inverted,
        who="readers in dark mode whose client inverts: Gmail, Outlook",
    )
    for run in light:
        if run.style.size < SMALLEST:
            fix = f"set font-size to {SMALLEST}px or more (here: {run.style.size:g}px)"
            yield finding(run.element, "text-size", "warning", who="readers on phones", fix=fix)


def _low_contrast(
    texts: Iterator[TextRun] | list[TextRun],
    mode: Mode | str,
    measure: Callable[[Colour, Colour], float],
    *,
    who: str,
) -> Iterator[LintFinding]:
    for run in texts:
        ratio = measure(run.style.ink, run.style.ground)
        required = _required_contrast(run.style)
        if ratio < required:
            fix = f"darken or lighten {_code(run.style.ink)} on {_code(run.style.ground)}: the contrast is {ratio:.2f} in {mode} mode and must be at least {required:g}"
            severity: Severity = "blocking"
            if mode == "inverted" and _in_gmail(run.style.ink, run.style.ground) >= required:
                severity = "warning"  # only the estimate of Outlook's inversion finds too little
            yield finding(run.element, f"contrast-{mode}", severity, who=who, fix=fix)


def _required_contrast(style: TextStyle) -> float:
    large = style.size >= 24 or (style.size >= 18.66 and style.weight >= 700)
    return ENOUGH_FOR_LARGE if large else ENOUGH


def _code(colour: Colour) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)
