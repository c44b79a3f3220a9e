"""The patterns that sources and sections choose articles by, as they stand in newsletter.toml."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator


def _usable(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Check that no pattern is empty, and that regular expressions are valid."""
    import regex  # only needed by sites with regular expressions

    for pattern in patterns:
        if not pattern.strip() or pattern in ("/", "//", "tag:"):
            raise ValueError(
                f"{pattern!r} does not find anything; write a word, /a pattern/ or tag:name"
            )
        if pattern.startswith("/") and pattern.endswith("/"):
            try:
                regex.compile(pattern[1:-1])
            except regex.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
    return patterns


Patterns = Annotated[tuple[str, ...], AfterValidator(_usable)]
"""Words, /regular expressions/ or tag:names."""
