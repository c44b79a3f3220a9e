"""Can the text be seen? Contrast in three modes after WCAG 2.2, and the size of the type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from newsletter.rendering.contrast import (
    ENOUGH,
    ENOUGH_FOR_LARGE,
    Colour,
    contrast,
    contrast_inverted,
)
from newsletter.rendering.lint.document import Document, finding
from newsletter.rendering.lint.finding import LintFinding
from newsletter.rendering.lint.text_styles import Mode, TextRun, TextStyle, text_runs

SMALLEST = 13
"""CSS pixels. iOS Mail enlarges smaller text by itself, and lines break anew."""

_contrast = lru_cache(maxsize=1024)(contrast)
_inverted = lru_cache(maxsize=1024)(contrast_inverted)


def check_readability(document: Document) -> Iterator[LintFinding]:
    """Text too pale in light, in our dark, or in a client's own dark; text too small."""
    light = list(text_runs(document, "light"))
    yield from _pale(light, "light", _contrast, who="readers with weak eyes, or in sunlight")
    yield from _pale(
        text_runs(document, "dark"),
        "dark",
        _contrast,
        who="readers in dark mode: Apple Mail, Outlook",
    )
    yield from _pale(
        light,
        "inverted",
        _inverted,
        who="readers in dark mode whose client inverts: Gmail, Outlook",
    )
    for run in light:
        if run.look.size < SMALLEST:
            fix = f"set font-size to {SMALLEST}px or more (here: {run.look.size:g}px)"
            yield finding(run.element, "text-size", "warning", who="readers on phones", fix=fix)


def _pale(
    texts: Iterator[TextRun] | list[TextRun],
    mode: Mode | str,
    measure: Callable[[Colour, Colour], float],
    *,
    who: str,
) -> Iterator[LintFinding]:
    for run in texts:
        ratio = measure(run.look.ink, run.look.ground)
        least = _least(run.look)
        if ratio < least:
            fix = f"darken or lighten {_code(run.look.ink)} on {_code(run.look.ground)}: {ratio:.2f} in {mode} mode, {least:g} is enough"
            yield finding(run.element, f"contrast-{mode}", "blocking", who=who, fix=fix)


def _least(look: TextStyle) -> float:
    large = look.size >= 24 or (look.size >= 18.66 and look.weight >= 700)
    return ENOUGH_FOR_LARGE if large else ENOUGH


def _code(colour: Colour) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour)
