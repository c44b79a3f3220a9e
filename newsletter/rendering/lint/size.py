"""Checks that Gmail shows the whole mail."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.rendering.html import encoded_size
from newsletter.rendering.lint.finding import LintFinding

CLIPPED = 102_000
"""Octets of encoded HTML after which Gmail hides the rest behind a link."""
NEAR = 90_000
"""Octets from which on lint warns."""


def check_size(html: str) -> Iterator[LintFinding]:
    """Check the size of the encoded HTML."""
    size = encoded_size(html)
    if size > NEAR:
        yield LintFinding(
            rule="size",
            severity="blocking" if size > CLIPPED else "warning",
            element=f"HTML of {size:,} octets as encoded",
            line=0,
            who="Gmail, which clips a mail near 102,000 octets, unsubscribe link and all",
            fix="hide some items, or allow fewer items in each section",
        )
