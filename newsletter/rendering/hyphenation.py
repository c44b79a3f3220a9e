"""Soft hyphens in words longer than a phone's line, for clients that drop `word-break`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

LONG = 20
"""Letters; about as many fit on a line of a headline at 320 pixels."""

SOFT_HYPHEN = "\u00ad"

_LONG_WORD = re.compile(rf"[^\W\d_]{{{LONG},}}")


@cache
def soft_hyphenator(language: str) -> Callable[[str], str]:
    """A function that puts soft hyphens into long words, where the language's patterns allow."""
    from pyphen import Pyphen, language_fallback  # slow to load: only when something is rendered

    known = language_fallback(language.replace("-", "_"))
    if known is None:
        return str
    patterns = Pyphen(lang=known, left=3, right=3)

    def hyphenated(match: re.Match[str]) -> str:
        return str(patterns.inserted(match[0], SOFT_HYPHEN))

    return lambda text: _LONG_WORD.sub(hyphenated, text)
