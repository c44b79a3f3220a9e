"""Checks what Gmail and others drop of style sheets as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.rendering.lint.document import Document, finding
from newsletter.rendering.lint.finding import LintFinding

LARGEST = 16_384
"""Characters of the style sheets together; Gmail ignores what follows."""

_BRACE = re.compile(r"@media|@supports|[{}]", re.IGNORECASE)


def check_style_sheets(document: Document) -> Iterator[LintFinding]:
    """Find style sheets that are too long, and conditions within conditions."""
    total = 0
    for block in document.elements("style"):
        css = block.text or ""
        total += len(css)
        if total > LARGEST:
            fix = f"shorten the style sheets to {LARGEST:,} characters (here: {total:,})"
            yield finding(block, "style-size", "warning", who="Gmail", fix=fix)
        if any(parent.tag == "body" for parent in block.iterancestors()):
            fix = "move the style sheet into the head, or the styles to the elements"
            yield finding(block, "style-place", "warning", who="Gmail", fix=fix)
        if _nests(css):
            fix = "write one condition: @media screen and (…)"
            yield finding(
                block, "nested-media", "warning", who="Gmail, Outlook.com, Yahoo", fix=fix
            )


def _nests(css: str) -> bool:
    """Whether an @media or @supports stands inside another."""
    depth, within, pending = 0, [], False
    for match in _BRACE.finditer(css):
        if match[0] == "{":
            depth += 1
            if pending:
                within.append(depth)
                pending = False
        elif match[0] == "}":
            if within and within[-1] == depth:
                within.pop()
            depth -= 1
        elif within:
            return True
        else:
            pending = True
    return False
